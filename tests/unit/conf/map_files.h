#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "lib/conf/load.h"

/// Configuration files in memory.
struct MapFiles final : troupe::conf::FileSource {
  std::map<std::string, std::string> files;
  std::vector<std::string> missing;            ///< folders that are not there
  std::map<std::string, std::string> not_run;  ///< programs that do not run, and why

  troupe::Result<std::string> read(const std::string& path) override {
    const auto at = files.find(path);
    if (at == files.end()) return troupe::make_error(troupe::Code::system, "No such file or directory");
    return at->second;
  }
  troupe::Result<void> check_program(const std::string& path) override {
    const auto at = not_run.find(path);
    if (at == not_run.end()) return {};
    return troupe::make_error(troupe::Code::system, at->second);
  }
  troupe::Result<void> check_folder(const std::string& path) override {
    if (std::find(missing.begin(), missing.end(), path) == missing.end()) return {};
    return troupe::make_error(troupe::Code::system, "No such file or directory");
  }
  std::vector<std::string> glob(const std::string& pattern) override {
    std::vector<std::string> found;
    for (const auto& [path, text] : files) {
      if (fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) found.push_back(path);
    }
    return found;
  }
};
