use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn place(row: u128) -> Place {
    Place { table: "proxmox_connections", field: "token_value", row: Uuid::from_u128(row) }
}

fn ring(keys: &str) -> Keyring {
    Keyring::open(Some(&keys.into()), Path::new("/nowhere")).unwrap()
}

fn opened(ring: &Keyring, sealed: &Sealed) -> Result<String, Error> {
    ring.unseal(place(1), sealed).map(|secret| secret.expose_secret().to_owned())
}

proptest! {
    #[test]
    fn what_was_sealed_opens_again_and_is_not_to_be_seen_meanwhile(secret in ".{4,200}") {
        let ring = ring(KEY);
        let sealed = ring.seal(place(1), &secret.as_str().into()).unwrap();
        prop_assert_eq!(opened(&ring, &sealed).unwrap(), secret.clone());
        prop_assert!(!sealed.as_bytes().windows(secret.len()).any(|part| part == secret.as_bytes()));
        let described = format!("{sealed:?} {ring:?}");
        prop_assert!(!described.contains(&secret) && !described.contains(KEY), "{}", described);
    }

    #[test]
    fn a_value_that_was_changed_or_cut_is_refused(position in 0_usize..60, bit in 0_u8..8, length in 0_usize..60) {
        let ring = ring(KEY);
        let sealed = ring.seal(place(1), &"a secret of some words in length".into()).unwrap();
        let mut changed = sealed.as_bytes().to_vec();
        let position = position % changed.len();
        changed[position] ^= 1 << bit;
        prop_assert!(opened(&ring, &changed.into()).is_err());
        let cut = sealed.as_bytes()[..length % sealed.as_bytes().len()].to_vec();
        prop_assert!(opened(&ring, &cut.into()).is_err());
    }
}

#[test]
fn two_values_of_the_same_secret_have_nothing_in_common() {
    let ring = ring(KEY);
    let [one, other] = [(); 2].map(|()| ring.seal(place(1), &"the same".into()).unwrap());
    assert_ne!(one.as_bytes()[HEADER..], other.as_bytes()[HEADER..]);
}

#[test]
fn a_value_does_not_open_in_another_place() {
    let ring = ring(KEY);
    let sealed = ring.seal(place(1), &"secret".into()).unwrap();
    for elsewhere in [place(2), Place { field: "other", ..place(1) }, Place { table: "channels", ..place(1) }] {
        assert!(matches!(ring.unseal(elsewhere, &sealed), Err(Error::Damaged { .. })), "{elsewhere}");
    }
}

#[test]
fn another_key_is_named_with_what_to_do() {
    let sealed = ring(KEY).seal(place(1), &"secret".into()).unwrap();
    let error = opened(&ring(OTHER), &sealed).unwrap_err().to_string();
    assert!(error.contains("NEXOPS_SECRET_KEY") && error.contains("enter the secret again"), "{error}");
}

#[test]
fn a_new_key_seals_while_the_old_one_still_opens() {
    let sealed = ring(KEY).seal(place(1), &"secret".into()).unwrap();
    let both = ring(&format!("{OTHER},{KEY}"));
    assert_eq!(opened(&both, &sealed).unwrap(), "secret");
    assert!(both.is_outdated(&sealed));
    let again = both.seal(place(1), &"secret".into()).unwrap();
    assert!(!both.is_outdated(&again));
    assert_eq!(opened(&ring(OTHER), &again).unwrap(), "secret");
}

#[test]
fn a_later_form_is_told_from_a_damaged_one() {
    assert!(matches!(opened(&ring(KEY), &vec![2; 60].into()), Err(Error::Later { version: 2 })));
    assert!(matches!(opened(&ring(KEY), &vec![0; 60].into()), Err(Error::Damaged { .. })));
}

#[test]
fn a_key_that_can_be_guessed_is_refused() {
    for weak in ["", "hunter2", &format!("{KEY},short")] {
        let error = Keyring::open(Some(&weak.into()), Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.contains("openssl rand -hex 32") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn the_key_file_is_made_for_the_first_secret_and_used_by_every_later_start() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("not/there/yet");
    let first = Keyring::open(None, &data).unwrap();
    assert!(!data.exists(), "nothing is made before it is needed");
    let sealed = first.seal(place(1), &"secret".into()).unwrap();
    let file = data.join(KEY_FILE);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no draft is left");
    assert_eq!(opened(&Keyring::open(None, &data).unwrap(), &sealed).unwrap(), "secret");
}

#[test]
fn daemons_that_make_the_key_file_at_the_same_time_agree_on_one() {
    let directory = tempfile::tempdir().unwrap();
    let sealed: Vec<Sealed> = std::thread::scope(|scope| {
        let seal = || Keyring::open(None, directory.path()).unwrap().seal(place(1), &"secret".into()).unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(seal)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ring = Keyring::open(None, directory.path()).unwrap();
    for sealed in &sealed {
        assert_eq!(opened(&ring, sealed).unwrap(), "secret");
    }
}

#[test]
fn a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(KEY_FILE);
    fs::write(&file, KEY).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let error = Keyring::open(None, directory.path()).unwrap_err().to_string();
    assert!(error.contains(&format!("chmod 600 {}", file.display())), "{error}");
    assert!(!error.contains(KEY), "{error}");
}

#[test]
fn a_key_that_is_gone_is_missed_by_name_and_not_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let sealed = ring(KEY).seal(place(1), &"secret".into()).unwrap();
    let ring = Keyring::open(None, directory.path()).unwrap();
    let error = opened(&ring, &sealed).unwrap_err();
    assert!(matches!(error, Error::NoKey { .. }), "{error}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_key_that_another_daemon_made_meanwhile_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let late = Keyring::open(None, directory.path()).unwrap();
    let early = Keyring::open(None, directory.path()).unwrap();
    let sealed = early.seal(place(1), &"secret".into()).unwrap();
    assert_eq!(opened(&late, &sealed).unwrap(), "secret");
}
