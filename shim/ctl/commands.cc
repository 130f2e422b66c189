// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "shim/ctl/command.h"

namespace stockade::ctl {
namespace {

constexpr std::array kCommon{
    OptionRule{"config", "FILE", "the node configuration (default /etc/stockade/config.json)"},
    OptionRule{"json", "", "print JSON, complete and stable, instead of tables"},
    OptionRule{"help", "", "print this text"},
};

constexpr std::array kShowOptions{
    OptionRule{"origins", "", "one row for every element of a list, with its own origin"},
};
constexpr OptionRule kCapabilities{"capabilities", "LIST",
                                   "those of the container: none, or net_raw,sys_chroot "};
constexpr OptionRule kSyscall{"syscall", "CALL", "for example 'socket(AF_INET, SOCK_RAW, 1)'"};

constexpr std::array kExplainOptions{
    OptionRule{"class", "NAME", "the class; for a container that exists, its own is the default"},
    OptionRule{"bundle", "DIR", "the directory with config.json"},
    OptionRule{"id", "NAME", "the container's id (default: the bundle's last path component)"},
    kSyscall,
    kCapabilities,
};
constexpr std::array kInspectOptions{
    OptionRule{"root", "DIR", "the delegate's --root, where an id exists under several"},
};
constexpr OptionRule kArchitectures{"architectures", "LIST", "open these too: x86, x32"};
constexpr std::array kCompileOptions{
    OptionRule{"output", "FILE", "write the program's bytes there (default: print it as text)"},
    kCapabilities,
    kArchitectures,
};
constexpr std::array kEvaluateOptions{kSyscall, kCapabilities, kArchitectures};
constexpr std::array kDiffOptions{kCapabilities, kArchitectures};
constexpr std::array kCheckOptions{
    OptionRule{"class", "NAME", "this class only"},
};

constexpr std::array kCommands{
    Command{"check", "", "can this node run each class, and what is missing", kCheckOptions, Check},
    Command{"classes list", "", "the classes of this node", {}, ClassesList},
    Command{"classes show", "NAME",
            "every setting of a class, where it comes from, what it promises", kShowOptions,
            ClassesShow},
    Command{"explain", "",
            "what a class would change in a bundle, or does with a system call, and why",
            kExplainOptions, Explain},
    Command{"inspect", "ID",
            "what is in force in a running container, against its class's promises",
            kInspectOptions, Inspect},
    Command{"list", "", "the containers that stockade made and that have a record", {}, List},
    Command{"pods",
            "",
            "the pods, their containers, and the ids that they have on this host",
            {},
            Pods},
    Command{"profile show",
            "NAME",
            "a shipped filter of system calls, with the reasons",
            {},
            ProfileShow},
    Command{"profile compile", "FILTER",
            "the program of a profile, a class or an OCI document (FILE), as text or bytes",
            kCompileOptions, ProfileCompile},
    Command{"profile evaluate", "FILTER", "what a filter does with a system call, and why",
            kEvaluateOptions, ProfileEvaluate},
    Command{"profile diff", "LEFT RIGHT", "the calls that two filters answer differently",
            kDiffOptions, ProfileDiff},
};

}  // namespace

std::span<const Command> CommandTable() { return kCommands; }
std::span<const OptionRule> CommonOptions() { return kCommon; }

}  // namespace stockade::ctl
