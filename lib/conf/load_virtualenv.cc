#include "lib/base/text.h"
#include "lib/conf/loading.h"

namespace troupe::conf {

namespace {

/// The path as a pattern that matches only itself.
std::string literal(std::string_view path) {
  std::string pattern;
  for (char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern;
}

/// The package folders of the environment: those of one version of Python, or of all that it has.
std::vector<std::string> find_packages(FileSource& files, const std::string& root,
                                       const std::string& version) {
  std::vector<std::string> found;
  for (std::string_view python : {"python", "pypy"}) {
    const std::string folder = literal(root) + "/lib/" + std::string(python);
    const auto matches =
        files.glob(folder + (version.empty() ? "[0-9]*" : literal(version)) + "/site-packages");
    found.insert(found.end(), matches.begin(), matches.end());
  }
  return found;
}

/// The folders that .pth files name: one a line, relative to where the file is; only those that are there.
void add_named_folders(FileSource& files, const std::string& packages, std::vector<std::string>& folders) {
  for (const std::string& path : files.glob(literal(packages) + "/*.pth")) {
    const auto text = files.read(path);
    if (!text) continue;
    for (std::string_view line : split(*text, '\n')) {
      line = trim(line);
      if (line.empty() || line.starts_with('#') || line.starts_with("import ")) continue;
      const std::string folder =
          line.starts_with('/') ? std::string(line) : packages + "/" + std::string(line);
      if (!files.glob(literal(folder)).empty()) folders.push_back(folder);
    }
  }
}

/// A variable as the processes would have it.
std::string variable(const Loading& loading, const WatcherConfig& watcher, const std::string& name) {
  for (const Variables* variables : {&watcher.env, &loading.environment().variables}) {
    if (const auto at = variables->find(name); at != variables->end()) return at->second;
  }
  return "";
}

}  // namespace

void apply_virtualenv(Loading& loading, WatcherConfig& watcher, const Origin& origin) {
  if (!watcher.virtualenv || !watcher.copy_env) return;  // the latter is a problem of its own
  const std::string& root = *watcher.virtualenv;
  const std::string version = watcher.virtualenv_py_ver.value_or("");
  const auto found = find_packages(loading.files(), root, version);
  if (found.empty()) {
    return loading.spoiled(watcher, origin,
                           "virtualenv: there is no " + root + "/lib/python" +
                               (version.empty() ? "X.Y" : version) + "/site-packages");
  }
  if (found.size() > 1) {
    return loading.spoiled(watcher, origin,
                           "virtualenv: " + root + " has several versions of Python: " + join(found, ", ") +
                               "; set virtualenv_py_ver");
  }
  std::vector<std::string> folders;
  add_named_folders(loading.files(), found[0], folders);
  if (const auto old = variable(loading, watcher, "PYTHONPATH"); !old.empty()) folders.push_back(old);
  folders.push_back(found[0]);
  const std::string path = variable(loading, watcher, "PATH");
  watcher.env["PATH"] = root + "/bin" + (path.empty() ? "" : ":" + path);
  watcher.env["PYTHONPATH"] = join(folders, ":");
}

}  // namespace troupe::conf
