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
constexpr std::array kExplainOptions{
    OptionRule{"class", "NAME", "the class; for a container that exists, its own is the default"},
    OptionRule{"bundle", "DIR", "the directory with config.json"},
    OptionRule{"id", "NAME", "the container's id (default: the bundle's last path component)"},
};
constexpr std::array kInspectOptions{
    OptionRule{"root", "DIR", "the delegate's --root, where an id exists under several"},
};
constexpr std::array kCheckOptions{
    OptionRule{"class", "NAME", "this class only"},
};

constexpr std::array kCommands{
    Command{"check", "", "can this node run each class, and what is missing", kCheckOptions, Check},
    Command{"classes list", "", "the classes of this node", {}, ClassesList},
    Command{"classes show", "NAME",
            "every setting of a class, where it comes from, what it promises", kShowOptions,
            ClassesShow},
    Command{"explain", "", "what a class would change in a bundle, and why; writes nothing",
            kExplainOptions, Explain},
    Command{"inspect", "ID",
            "what is in force in a running container, against its class's promises",
            kInspectOptions, Inspect},
    Command{"list", "", "the containers that stockade made and that have a record", {}, List},
};

}  // namespace

std::span<const Command> CommandTable() { return kCommands; }
std::span<const OptionRule> CommonOptions() { return kCommon; }

}  // namespace stockade::ctl
