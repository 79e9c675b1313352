//! `cargo bench -p nexops-tui`: how long keys take with 1,000 guests, and how much goes over the line.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod fixture;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};
use nexops_core::vm::Vm;
use nexops_tui::model::Model;
use nexops_tui::msg::{Event, Msg};
use nexops_tui::picture::Picture;
use nexops_tui::store::{Answer, Question};
use nexops_tui::update::update;

/// Guests of the table.
const GUESTS: usize = 1000;
/// How often each thing is done.
const TIMES: usize = 400;

/// Counts what is written.
#[derive(Default)]
struct Line(usize);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A model with many guests, on their list.
fn crowded(columns: u16, rows: u16) -> Model {
    let mut model = fixture::ready(columns, rows);
    fixture::keys(&mut model, "2");
    let vms: Vec<Vm> = (0..GUESTS)
        .map(|number| {
            let share = f64::from(u32::try_from(number * 37 % 100).unwrap());
            fixture::vm(number + 100, &format!("guest-{number}"), "running", Some(share), Some(100.0 - share))
        })
        .collect();
    let generation = model.store.ask(Question::Vms);
    fixture::happen(&mut model, Event::Answered { question: Question::Vms, generation, result: Ok(Answer::Vms(vms)) });
    model
}

fn press(model: &mut Model, key: KeyCode) {
    let at = model.now;
    update(model, Msg { at, event: Event::Key(KeyEvent::from(key)) });
}

/// Does something many times, and tells the median and the slowest in a hundred.
fn measure(name: &str, bar: &str, mut work: impl FnMut(usize)) {
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|number| {
            let begin = Instant::now();
            work(number);
            begin.elapsed()
        })
        .collect();
    took.sort_unstable();
    let (median, slow) = (took[TIMES / 2], took[TIMES * 99 / 100]);
    println!("{name:<44} {:>9.3} ms {:>9.3} ms   {bar}", milliseconds(median), milliseconds(slow));
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn main() {
    println!("{:<44} {:>12} {:>12}   bar", format!("with {GUESTS} guests"), "median", "p99");
    let mut model = crowded(120, 40);
    press(&mut model, KeyCode::Char('/'));
    measure("a letter of a filter", "3 ms", |number| {
        let key = if number % 2 == 0 { KeyCode::Char('7') } else { KeyCode::Backspace };
        press(&mut model, key);
    });
    let mut model = crowded(120, 40);
    measure("another order", "3 ms", |_| press(&mut model, KeyCode::Char('o')));
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let mut model = crowded(columns, rows);
        let mut picture = Picture::blank(Line::default());
        picture.show(&mut model).unwrap();
        measure(&format!("a key to its bytes, {columns}x{rows}"), "16 ms", |number| {
            press(&mut model, if number % 60 < 30 { KeyCode::Down } else { KeyCode::Up });
            picture.show(&mut model).unwrap();
        });
    }
    for way in ["1", "2", "3", "4"] {
        let mut model = fixture::ready(120, 40);
        fixture::keys(&mut model, way);
        let mut picture = Picture::blank(Line::default());
        picture.show(&mut model).unwrap();
        let bytes = picture.into_inner().0;
        println!("{:<44} {bytes:>12} bytes            20000", format!("the first picture of screen {way}, 120x40"));
    }
}
