#pragma once

#include <string>
#include <string_view>

namespace troupe::docs {

/// A manual page from its template, where a line `@NAME@` stands for what is made from the rows of that name.
/// Empty and `trouble` set: the template has a NAME that there is not.
std::string man_page(std::string_view source, std::string& trouble);

}  // namespace troupe::docs
