//! What goes over the line: nothing when nothing changes, and little when little does.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use chrono::Duration;
use nexops_core::vm::Vm;
use nexops_tui::model::Model;
use nexops_tui::msg::{Effect, Event};
use nexops_tui::picture::Picture;
use nexops_tui::store::{Answer, Question};

use crate::fixture::{empty, happen, keys, ready, vms};

/// Counts what is written, and how often.
#[derive(Clone, Default)]
struct Line(Rc<RefCell<(usize, usize)>>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut counts = self.0.borrow_mut();
        counts.0 += bytes.len();
        counts.1 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Line {
    /// The bytes since the last call.
    fn take(&self) -> usize {
        std::mem::take(&mut self.0.borrow_mut().0)
    }
}

/// A picture that was shown once, and the line that it goes over.
fn shown(model: &mut Model) -> (Picture<Line>, Line) {
    let line = Line::default();
    let mut picture = Picture::blank(line.clone());
    picture.show(model).unwrap();
    (picture, line)
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut model = ready(120, 40);
    let (mut picture, line) = shown(&mut model);
    line.take();
    happen(&mut model, Event::Tick);
    assert!(!picture.show(&mut model).unwrap());
    assert_eq!(line.take(), 0);
}

#[test]
fn a_first_picture_is_below_twenty_kilobytes() {
    for way in ["1", "2", "3", "4", "5", "6"] {
        let mut model = ready(120, 40);
        keys(&mut model, way);
        let (_, line) = shown(&mut model);
        let bytes = line.take();
        assert!(bytes <= 20_000, "screen {way}: {bytes} bytes");
    }
    let (_, line) = shown(&mut empty(120, 40));
    let bytes = line.take();
    assert!(bytes <= 12_000, "the skeleton: {bytes} bytes");
}

#[test]
fn new_figures_are_below_a_kilobyte_and_a_half() {
    for way in ["1", "2"] {
        let mut model = ready(120, 40);
        keys(&mut model, way);
        let (mut picture, line) = shown(&mut model);
        line.take();
        model.now += Duration::seconds(30);
        let moved: Vec<Vm> = vms()
            .into_iter()
            .map(|mut vm| {
                vm.usage.cpu_usage = vm.usage.cpu_usage.map(|cpu| (cpu + 3.0).min(100.0));
                vm.usage.memory_usage = vm.usage.memory_usage.map(|memory| memory - 1.0);
                vm
            })
            .collect();
        for effect in happen(&mut model, Event::Tick) {
            if let Effect::Ask(Question::Vms, generation) = effect {
                let result = Ok(Answer::Vms(moved.clone()));
                happen(&mut model, Event::Answered { question: Question::Vms, generation, result });
            }
        }
        picture.show(&mut model).unwrap();
        let bytes = line.take();
        assert!(bytes <= 1_500, "screen {way}: {bytes} bytes");
    }
}

#[test]
fn a_step_of_the_selection_is_below_a_kilobyte() {
    let mut model = ready(120, 40);
    keys(&mut model, "2");
    let (mut picture, line) = shown(&mut model);
    line.take();
    keys(&mut model, "down");
    picture.show(&mut model).unwrap();
    let bytes = line.take();
    assert!((1..=1_000).contains(&bytes), "{bytes} bytes");
}
