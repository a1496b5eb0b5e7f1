#include "plugins/host/load.h"

#include <dlfcn.h>

namespace troupe::plugins {

Result<const PluginRow*> load_plugin(const std::string& path) {
  void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!object) return make_error(Code::system, std::string("load ") + dlerror());
  void* symbol = dlsym(object, give_row_name);
  const PluginRow* row = symbol ? reinterpret_cast<GiveRow*>(symbol)() : nullptr;
  if (row) return row;
  dlclose(object);
  return make_error(Code::invalid, path + " is no plugin: it gives no row by " + give_row_name + "()");
}

}  // namespace troupe::plugins
