#include "lib/conf/ini.h"

#include <doctest/doctest.h>

using namespace troupe::conf;

namespace {

struct Parsed {
  IniDocument document;
  std::vector<std::string> problems;

  /// The value, or a text that no test expects.
  std::string value(std::string_view section, std::string_view key) const {
    const IniSection* found = document.find(section);
    const IniEntry* entry = found ? found->find(key) : nullptr;
    return entry ? entry->value : "<missing>";
  }
  int line(std::string_view section, std::string_view key) const {
    const IniSection* found = document.find(section);
    const IniEntry* entry = found ? found->find(key) : nullptr;
    return entry ? entry->origin.line : 0;
  }
};

Parsed parse(std::string_view text) {
  Parsed parsed;
  Report report(false);
  parse_ini(text, "f.ini", parsed.document, report);
  for (const Problem& problem : report.take()) parsed.problems.push_back(to_text(problem));
  return parsed;
}

std::string value(std::string_view line) {
  const Parsed parsed = parse("[s]\n" + std::string(line) + "\n");
  CHECK(parsed.problems.empty());
  return parsed.value("s", "k");
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("keys and values are separated by the first = or :, and keep their case") {
  const Parsed parsed =
      parse("[watcher:Web]\ncmd = sleep 1\nCmd: other\nurl=http://x:1/?a=b\nempty =\nlast=1");
  CHECK(parsed.problems.empty());
  CHECK(parsed.value("watcher:Web", "cmd") == "sleep 1");
  CHECK(parsed.value("watcher:Web", "Cmd") == "other");
  CHECK(parsed.value("watcher:Web", "url") == "http://x:1/?a=b");
  CHECK(parsed.value("watcher:Web", "empty") == "");
  CHECK(parsed.value("watcher:Web", "last") == "1");
  CHECK(parsed.line("watcher:Web", "url") == 4);
}

TEST_CASE("only the first ; of a value starts a comment, and only after white space") {
  CHECK(value("k = a ; comment") == "a");
  CHECK(value("k = a\t;comment") == "a");
  CHECK(value("k = a;b ;c") == "a;b ;c");
  CHECK(value("k = ;a") == ";a");
  CHECK(value("k = ; a ; b") == "; a ; b");
  CHECK(value("k = a # b") == "a # b");
  CHECK(value("k = sh -c \"a; b ; c\"") == "sh -c \"a; b ; c\"");
}

TEST_CASE("comment lines begin in the first column with # or ; or the word rem") {
  const Parsed parsed = parse("# a\n; b\nrem c = d\nREM\n[s]\nremote = 1\nrem=2\n#x = 1\n");
  CHECK(parsed.problems.empty());
  CHECK(parsed.value("s", "remote") == "1");
  CHECK(parsed.value("s", "rem") == "2");
  CHECK(parsed.document.find("s")->entries.size() == 2);
}

TEST_CASE("an indented line continues the value, over blank lines and comments") {
  const Parsed parsed = parse("[s]\nk = a\n  b ; c\n\n# d\n\t# e\n    \n  f = g\nl = 1\n");
  CHECK(parsed.problems.empty());
  CHECK(parsed.value("s", "k") == "a\nb ; c\n# e\nf = g");
  CHECK(parsed.value("s", "l") == "1");
}

TEST_CASE("a value of two quotes is empty, and other quotes stay") {
  CHECK(value("k = \"\"") == "");
  CHECK(value("k = \"\" ; none") == "");
  CHECK(value("k = \"a\"") == "\"a\"");
  CHECK(value("k = %(x)s 100%") == "%(x)s 100%");
}

TEST_CASE("the first of equal keys counts, also over a repeated header, and the slip is told") {
  const Parsed parsed = parse("[s]\nk = 1\n[t]\nk = 2\n[s]\nk = 3\n  more\nl = 4\n");
  CHECK(parsed.value("s", "k") == "1");
  CHECK(parsed.value("t", "k") == "2");
  CHECK(parsed.value("s", "l") == "4");
  CHECK(parsed.document.sections().size() == 2);
  CHECK(parsed.problems == Lines{"f.ini:6: warning: repeated key k; the first one, in line 2, counts"});
}

TEST_CASE("every line that is nothing is told with its number") {
  const Parsed parsed = parse("k = 1\n[s\n[s]\n  x\nnonsense\n= 1\n[]\n[t] trailing\nok = 1\n");
  CHECK(parsed.problems == Lines{
                               "f.ini:1: error: text before the first section",
                               "f.ini:2: error: a section header without its ]",
                               "f.ini:4: error: an indented line that continues nothing: sections and keys "
                               "begin in the first column",
                               "f.ini:5: error: neither a section, nor key = value, nor a comment",
                               "f.ini:6: error: a value without a key",
                               "f.ini:7: error: a section header without a name",
                           });
  CHECK(parsed.value("t", "ok") == "1");
}

TEST_CASE("what is no text in UTF-8 is one problem, whatever stands in it") {
  using namespace std::string_view_literals;
  const Lines nul{"f.ini:3: error: a NUL byte: this is no text, or in another encoding than UTF-8"};
  CHECK(parse("[s]\n# c\n\0\0\n\0=\n[t\n"sv).problems == nul);
  const Lines utf16{"f.ini:1: error: this is UTF-16; save the file as UTF-8"};
  CHECK(parse("\xff\xfe[\0s\0]\0\n\0"sv).problems == utf16);
  CHECK(parse("\xfe\xff\0[\0s\0]\0\n"sv).problems == utf16);
  CHECK(parse("[s]\rk = 1\r").problems ==
        Lines{"f.ini:1: error: lines end in a carriage return alone; save the file with line feeds"});
  CHECK(parse("[s]\r\nk = 1\r\n").value("s", "k") == "1");
  CHECK(parse("\xef\xbb\xbf[s]\nk = 1\n").value("s", "k") == "1");
}

TEST_CASE("a NUL byte and keys that inih would spoil are problems, not surprises") {
  using namespace std::string_view_literals;
  CHECK(parse("[s]\nk = a\0b\n"sv).problems ==
        Lines{"f.ini:2: error: a NUL byte: this is no text, or in another encoding than UTF-8"});
  CHECK(parse("[s]\nk ;x = a\n").problems == Lines{"f.ini:2: error: a key with a ; in it"});
  CHECK(parse("[s]\n" + std::string(121, 'k') + " = a\n").problems ==
        Lines{"f.ini:2: error: a key of more than 120 characters"});
  const std::string longest(120, 'k');
  CHECK(parse("[s]\n" + longest + " = a ;\n").value("s", longest) == "a");
}

TEST_CASE("values of every length and with any characters come through whole") {
  for (std::size_t size : {0, 1, 62, 63, 64, 65, 127, 128, 129, 190, 198, 199, 200, 1000}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 26);
    CHECK(value("k=" + text) == text);
  }
  CHECK(value("k = <a> [b] \"c\" '=' : , \x01\xff\xc3\xa4") == "<a> [b] \"c\" '=' : , \x01\xff\xc3\xa4");
}

TEST_CASE("a value of 64 KiB full of ; comes through whole") {
  std::string text = "x;";
  while (text.size() < 65536) text += " ;a; ;; \t; b;";
  CHECK(value("k = " + text) == text);
  std::string lines = "x";
  for (int i = 0; i < 20000; ++i) lines += "\n;" + std::to_string(i);
  std::string indented = lines;
  for (std::size_t at = 0; (at = indented.find('\n', at)) != std::string::npos; at += 2)
    indented.insert(at + 1, " ");
  CHECK(value("k = " + indented) == lines);
}

TEST_CASE("section names may be long and hold anything but a newline") {
  const std::string name = "watcher:" + std::string(300, 'n') + " ; with [brackets] = and : more";
  const Parsed parsed = parse("[" + name + "]\nk = 1\n");
  CHECK(parsed.problems.empty());
  CHECK(parsed.value(name, "k") == "1");
}

TEST_CASE("CRLF, a byte order mark and a missing last newline are no matter") {
  const Parsed parsed = parse("\xef\xbb\xbf[s]\r\nk = 1 \r\n  2\r\n\r\nl = 3");
  CHECK(parsed.problems.empty());
  CHECK(parsed.value("s", "k") == "1\n2");
  CHECK(parsed.value("s", "l") == "3");
}

TEST_CASE("an empty section is there, with its line") {
  const Parsed parsed = parse("\n[empty]\n[s]\nk=1\n");
  REQUIRE(parsed.document.find("empty"));
  CHECK(parsed.document.find("empty")->entries.empty());
  CHECK(parsed.document.find("empty")->origin.line == 2);
}

TEST_CASE("a second file adds to the document and overrides nothing") {
  IniDocument document;
  Report report(false);
  parse_ini("[s]\nk = 1\n", "a", document, report);
  parse_ini("[s]\nk = 2\n more\nl = 3\n", "b", document, report);
  CHECK(document.find("s")->find("k")->value == "1");
  CHECK(document.find("s")->find("l")->origin == Origin{"b", 3 + 1});
  CHECK(report.take().empty());
}

TEST_CASE("a problem is one line whatever stands in the file") {
  CHECK(to_text({Severity::error, "f", 3, "bad"}) == "f:3: error: bad");
  CHECK(to_text({Severity::warning, "f", 0, "odd"}) == "f: warning: odd");
  CHECK(shown("a\nb\t\x01") == "'a\\nb\\t\\x01'");
  CHECK(shown(std::string(80, 'x')) == "'" + std::string(60, 'x') + "…'");
  CHECK(shown(std::string(59, 'x') + "ä" + std::string(9, 'y')) == "'" + std::string(59, 'x') + "…'");
}
