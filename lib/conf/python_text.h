#pragma once

#include <string>

#include "lib/base/value.h"

namespace troupe::conf {

/// A value as Python writes it (`'a'`, `True`, `{'k': 1}`): reasons of Circus's replies quote values so.
std::string python_repr(const Value& value);

/// The same, but text stands bare: what a variable such as $(circus.shell) becomes.
std::string python_str(const Value& value);

}  // namespace troupe::conf
