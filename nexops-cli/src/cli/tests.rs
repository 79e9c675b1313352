//! The tree is sound, and what its help shows can be typed.

use clap::CommandFactory as _;

use super::*;

fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
    if command.has_subcommands() {
        for child in command.get_subcommands() {
            leaves(child, &format!("{path} {}", child.get_name()), found);
        }
    } else {
        found.push((path.to_owned(), command.get_after_help().map(ToString::to_string).unwrap_or_default()));
    }
}

fn examples(help: &str) -> impl Iterator<Item = &str> {
    help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with("nexops "))
}

fn words(example: &str) -> Vec<String> {
    let words = crate::filter::words(example).unwrap();
    words.into_iter().take_while(|word| !matches!(word.as_str(), "#" | "|" | ">" | "<")).collect()
}

#[test]
fn the_tree_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_leaf_shows_examples_of_itself_and_all_of_them_parse() {
    let root = Cli::command();
    let mut helps = Vec::new();
    leaves(&root, "nexops", &mut helps);
    assert!(helps.len() > 15, "{helps:?}");
    for (path, help) in &helps {
        assert!(examples(help).any(|example| example.starts_with(path.as_str())), "{path} shows no example of itself");
    }
    let root_help = root.get_after_help().map(ToString::to_string).unwrap_or_default();
    assert!(examples(&root_help).count() > 3, "{root_help}");
    for example in helps.iter().flat_map(|(_, help)| examples(help)).chain(examples(&root_help)) {
        if let Err(error) = Cli::try_parse_from(words(example)) {
            panic!("{example}: {error}");
        }
    }
}

#[test]
fn ct_stands_for_vm() {
    let cli = Cli::try_parse_from(["nexops", "ct", "start", "200"]);
    assert!(matches!(cli, Ok(Cli { command: Command::Vm(VmCommand::Start(_)), .. })), "{cli:?}");
}

#[test]
fn no_flag_takes_a_secret() {
    fn walk(command: &clap::Command) {
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            let is_secret = ["token", "password", "secret"].iter().any(|word| name.contains(word));
            let only_points_to_it = matches!(name, "token_name" | "secret_file");
            assert!(!is_secret || only_points_to_it || !argument.get_action().takes_values(), "{name}");
        }
        command.get_subcommands().for_each(walk);
    }
    walk(&Cli::command());
}
