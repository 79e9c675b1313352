//! `nexops man`: the manual pages, one for each command.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Writes all pages into a directory, which is made if it is not there.
pub fn run(directory: &Path) -> Result<()> {
    let failed = |error: io::Error| {
        let message = format!("cannot write manual pages into {}: {error}", directory.display());
        Failure::new(Exit::Generic, "OUTPUT_FAILED", message)
    };
    fs::create_dir_all(directory).map_err(failed)?;
    let mut root = Cli::command();
    root.build();
    write(&root, directory).map_err(failed)
}

fn write(command: &Command, directory: &Path) -> io::Result<()> {
    let manual = concat!("NexOps ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).source(manual).manual("NexOps manual");
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_help() {
        more(&help.to_string()).to_writer(&mut text)?;
    }
    fs::write(directory.join(page.get_filename()), text)?;
    command.get_subcommands().try_for_each(|child| write(child, directory))
}

/// What stands below the options: sections under their own headings with the lines as they are, and prose.
fn more(help: &str) -> Roff {
    let mut roff = Roff::new();
    let mut is_prose = false;
    let mut is_example = false;
    for line in help.lines() {
        match (line.strip_suffix(':'), line.strip_prefix("  ")) {
            (Some(heading), None) => {
                if is_example {
                    roff.control("fi", []);
                }
                roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
                (is_example, is_prose) = (true, false);
            }
            (_, Some(example)) if is_example => {
                roff.text([roman(example)]);
            }
            (_, _) if line.is_empty() => {}
            (_, _) => {
                if is_example {
                    roff.control("fi", []);
                    is_example = false;
                }
                if !is_prose {
                    roff.control("SH", ["NOTES"]);
                    is_prose = true;
                }
                roff.text([roman(line)]);
            }
        }
    }
    if is_example {
        roff.control("fi", []);
    }
    roff
}
