use rstest::rstest;

use super::*;

fn config(values: &[(&str, &str)]) -> Result<Config, Error> {
    let mut all = vec![("HOME", "/home/ann")];
    all.extend_from_slice(values);
    Config::from_settings(&Flags::default(), &Settings::of(&all), false)
}

const PROXMOX: [(&str, &str); 4] = [
    ("PROXMOX_HOST", "pve1, pve2:8007"),
    ("PROXMOX_USER", "nexops@pve"),
    ("PROXMOX_TOKEN_NAME", "nexops"),
    ("PROXMOX_TOKEN_VALUE", "aaaa-bbbb"),
];

#[test]
fn nothing_set_means_a_private_database_on_loopback() {
    let config = config(&[]).unwrap();
    assert!(matches!(config.database, Database::Private));
    assert_eq!(config.access.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.intervals.collect, Duration::from_secs(30));
    assert_eq!(config.retention.raw, Duration::from_secs(48 * 3600));
    assert!(config.proxmox.is_none());
}

#[test]
fn a_proxmox_needs_all_four_variables() {
    let connection = config(&PROXMOX).unwrap().proxmox.unwrap();
    assert_eq!(connection.name, "default");
    assert_eq!(connection.settings.hosts, ["pve1", "pve2:8007"]);
    assert_eq!(connection.settings.port, 8006);
    for missing in 0..PROXMOX.len() {
        let mut some = PROXMOX.to_vec();
        let (key, _) = some.remove(missing);
        let error = config(&some).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{key} is missing")), "{error}");
    }
}

#[test]
fn a_token_is_never_part_of_what_is_printed() {
    let config = config(&PROXMOX).unwrap();
    assert!(!format!("{config:?}").contains("aaaa-bbbb"));
}

#[rstest]
#[case("NEXOPS_LISTEN", "8000", "invalid socket address syntax; write it as 127.0.0.1:8000")]
#[case("LOG_LEVEL", "loud", "it must be error, warn, info, debug or trace")]
#[case("NEXOPS_SYNC_INTERVAL", "often", "write it as 30s, 5m or 48h")]
#[case("NEXOPS_METRICS_INTERVAL", "1s", "it must be at least 5s")]
#[case("PROXMOX_VERIFY_SSL", "maybe", "it must be true or false")]
#[case("PROXMOX_PORT", "99999", "number too large")]
#[case("PROXMOX_USER", "nexops", "it needs its realm")]
#[case("NEXOPS_CORS_ORIGINS", "*", "'*' is no origin")]
#[case("NEXOPS_CORS_ORIGINS", "https://a.example, b.example", "'b.example' is no origin")]
#[case("ENVIRONMENT", "test", "is not one of development, production")]
fn a_value_that_cannot_be_used_is_named_with_its_source(#[case] key: &str, #[case] value: &str, #[case] reason: &str) {
    let mut all: Vec<_> = PROXMOX.into_iter().filter(|(name, _)| *name != key).collect();
    all.push((key, value));
    let error = config(&all).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{key}='{value}' (from the environment)")), "{error}");
    assert!(error.contains(reason), "{error}");
}

#[rstest]
#[case("PROXMOX_TOKEN_NAME")]
#[case("PROXMOX_USER")]
fn a_token_that_was_pasted_whole_is_refused_without_showing_its_secret(#[case] key: &str) {
    let mut all: Vec<_> = PROXMOX.into_iter().filter(|(name, _)| *name != key).collect();
    all.push((key, "nexops@pve!nexops=hunter2"));
    let error = config(&all).unwrap_err().to_string();
    assert!(error.contains(key) && !error.contains("hunter2"), "{error}");
}

#[test]
fn the_driver_part_of_a_database_url_is_dropped() {
    let config = config(&[("DATABASE_URL", "postgresql+asyncpg://u:p@db/nexops")]).unwrap();
    let Database::Url(url) = config.database else { panic!("not a URL") };
    assert_eq!(url.expose_secret(), "postgresql://u:p@db/nexops");
}

#[test]
fn a_database_url_of_another_kind_is_refused_without_showing_it() {
    let error = config(&[("DATABASE_URL", "mysql://u:hunter2@db/x")]).unwrap_err().to_string();
    assert!(error.contains("postgresql://") && !error.contains("hunter2"), "{error}");
}

#[test]
fn listening_to_the_world_without_a_token_is_refused_unless_asked_for() {
    let values = [("HOME", "/home/ann"), ("NEXOPS_LISTEN", "0.0.0.0:8000")];
    assert!(matches!(config(&values), Err(Error::OpenToAll { .. })));
    assert!(config(&[values[1], ("NEXOPS_API_TOKEN", "t0ken")]).is_ok());
    let insecure = Flags { insecure: true, ..Flags::default() };
    assert!(Config::from_settings(&insecure, &Settings::of(&values), false).is_ok());
}

#[test]
fn the_demo_has_a_data_directory_of_its_own() {
    let demo = Flags { demo: true, ..Flags::default() };
    let settings = Settings::of(&[("HOME", "/home/ann")]);
    let real = Config::from_settings(&Flags::default(), &settings, false).unwrap();
    let demo = Config::from_settings(&demo, &settings, false).unwrap();
    assert_ne!(real.data_directory, demo.data_directory);
    assert!(demo.proxmox.is_none());
}

mod files {
    use super::*;

    fn load(flags: &[(&'static str, &str)], environment: &[(&str, &str)], file: &str) -> Result<Settings, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("nexops.toml");
        std::fs::write(&path, file).unwrap();
        let values = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let flags = Flags { file: Some(path), values, ..Flags::default() };
        let mut environment: HashMap<String, String> =
            environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        environment.insert("ENVIRONMENT".to_owned(), "production".to_owned());
        Settings::load(&flags, environment)
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_the_environment_before_the_file() {
        let file = "NEXOPS_LISTEN = '127.0.0.1:1'\nnexops_sync_interval = '1m'\nPROXMOX_HOST = ['a', 'b']\n";
        let settings = load(&[("NEXOPS_LISTEN", "127.0.0.1:3")], &[("NEXOPS_LISTEN", "127.0.0.1:2")], file).unwrap();
        assert_eq!(settings.text("NEXOPS_LISTEN").as_deref(), Some("127.0.0.1:3"));
        assert_eq!(settings.text("NEXOPS_SYNC_INTERVAL").as_deref(), Some("1m"));
        assert_eq!(settings.list("PROXMOX_HOST"), ["a", "b"]);
        let settings = load(&[], &[("NEXOPS_LISTEN", "127.0.0.1:2")], file).unwrap();
        assert_eq!(settings.text("NEXOPS_LISTEN").as_deref(), Some("127.0.0.1:2"));
    }

    #[test]
    fn an_unknown_key_in_the_file_is_an_error_with_a_suggestion() {
        let error = load(&[], &[], "LISTEN = 'x'").unwrap_err().to_string();
        assert!(error.ends_with("there is no key 'LISTEN'; did you mean NEXOPS_LISTEN?"), "{error}");
    }

    #[test]
    fn a_broken_file_is_reported_with_the_line_but_without_its_text() {
        let error = load(&[], &[], "ENVIRONMENT = 'x'\nPROXMOX_TOKEN_VALUE = hunter2\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_secret_can_stand_in_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "s3cret\n").unwrap();
        let settings = Settings::of(&[("NEXOPS_API_TOKEN_FILE", path.to_str().unwrap())]);
        assert_eq!(settings.secret("NEXOPS_API_TOKEN").unwrap().unwrap().expose_secret(), "s3cret");
        std::fs::remove_file(&path).unwrap();
        assert!(settings.secret("NEXOPS_API_TOKEN").unwrap_err().to_string().contains("NEXOPS_API_TOKEN_FILE"));
    }
}

#[test]
fn a_misspelt_key_finds_the_one_that_was_meant() {
    let error = Error::UnknownKey { path: "nexops.toml".into(), key: "PROXMOX_HOSTS".to_owned() };
    assert_eq!(error.to_string(), "nexops.toml: there is no key 'PROXMOX_HOSTS'; did you mean PROXMOX_HOST?");
    let error = Error::UnknownKey { path: "nexops.toml".into(), key: "PROXMOX_TOKEN_VALU".to_owned() };
    assert!(error.to_string().ends_with("did you mean PROXMOX_TOKEN_VALUE?"), "{error}");
    let error = Error::UnknownKey { path: "nexops.toml".into(), key: "COLOUR".to_owned() };
    assert!(!error.to_string().contains("did you mean"), "{error}");
}
