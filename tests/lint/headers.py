#!/usr/bin/python3
"""Each header of the programs compiles alone, with nothing included before it.

usage: headers.py ROOT FOLDER COMPILER... : FOLDER keeps the one-line sources and objects, so that ccache knows
them the next time; COMPILER is the command with its flags.
"""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

import sources


def compile_alone(root, folder, compiler, header):
    source = folder / (str(header).replace("/", "__") + ".cc")
    source.write_text(f'#include "{header}"\n#include "{header}"\n')
    done = subprocess.run([*compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", f"-I{root}", "-c",
                           str(source), "-o", str(source.with_suffix(".o"))], capture_output=True, text=True,
                          cwd=folder, check=False)
    return f"{header} does not compile alone:\n{done.stderr[:2000]}" if done.returncode else None


def main(root, folder, *compiler):
    root, folder = pathlib.Path(root).resolve(), pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    compiler = list(compiler)
    if shutil.which("ccache") and not compiler[0].endswith("ccache"):
        compiler.insert(0, "ccache")
    os.environ.setdefault("CCACHE_NOHASHDIR", "1")
    headers = sources.files(root, folders=("lib", "daemon", "plugins", "ctl"), suffixes=(".h",))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = list(filter(None, pool.map(lambda h: compile_alone(root, folder, compiler, h), headers)))
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(headers)} headers")
    return sources.report("headers", problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
