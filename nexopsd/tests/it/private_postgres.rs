//! The private Postgres against the real server: first start, second start, and everything a `kill -9` leaves.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::error::Error as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexopsd::postgres::{Error, PrivatePostgres};
use rustix::process::{Pid, Signal, geteuid, kill_process, test_kill_process};
use tempfile::TempDir;

/// Set for a copy of this test program that plays the daemon to be killed.
const PLAY_DAEMON: &str = "NEXOPS_TEST_PRIVATE_POSTGRES_DIRECTORY";
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn starts_and_answers_on_a_socket_only() {
    let directory = data_directory();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();

    let ask = async |question: &str| ask(&postgres.url(), question).await;
    assert_eq!(ask("current_user || '/' || current_database()").await, "nexops/nexops");
    assert_eq!(ask("current_setting('listen_addresses')").await, "");
    assert_eq!(ask("current_setting('fsync') || current_setting('data_checksums')").await, "onon");
    assert_eq!(ask("current_setting('max_connections')").await, "50");
    assert_eq!(ask("current_setting('timezone')").await, "UTC");
    assert_eq!(ask("upper('ü')").await, "Ü");
    assert!(ask("version()").await.contains(&postgres.version().to_string()));
    assert_eq!(mode(&directory.path().join("postgres")), 0o700);
    assert_eq!(mode(&directory.path().join("postgres/data")), 0o700);

    let pid = postgres.server_pid().unwrap();
    postgres.stop().await.unwrap();
    assert!(!lives(pid), "stop returned while the server ran");
}

#[tokio::test]
async fn second_start_on_the_same_directory_is_refused_with_the_holder() {
    let directory = data_directory();
    let first = PrivatePostgres::start(directory.path()).await.unwrap();
    let error = PrivatePostgres::start(directory.path()).await.unwrap_err();
    assert!(matches!(&error, Error::Locked { holder: Some(pid), .. } if *pid == std::process::id()), "{error}");
    let message = error.to_string();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    assert!(message.contains("NEXOPS_DATA_DIR"), "{message}");
    assert_eq!(ask(&first.url(), "'still here'").await, "still here");
    first.stop().await.unwrap();
}

#[tokio::test]
async fn restart_keeps_the_data() {
    let directory = data_directory();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    leave_a_mark(&postgres.url()).await;
    postgres.stop().await.unwrap();

    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    assert_eq!(mark(&postgres.url()).await, "kept");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn dropped_without_stop_it_shuts_down_and_can_be_started_again() {
    let directory = data_directory();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    let pid = postgres.server_pid().unwrap();
    drop(postgres);
    wait_until("the dropped server has stopped", async || !lives(pid)).await;
    wait_until("the lock is free", async || match PrivatePostgres::start(directory.path()).await {
        Ok(postgres) => postgres.stop().await.is_ok(),
        Err(Error::Locked { .. }) => false,
        Err(error) => panic!("{error}"),
    })
    .await;
}

#[tokio::test]
async fn server_left_running_by_a_killed_daemon_is_taken_over() {
    let directory = data_directory();
    let daemon = DaemonProcess::start(directory.path(), None).await;
    leave_a_mark(&daemon.url).await;
    let orphan = daemon.server_pid;
    daemon.kill();
    assert!(lives(orphan), "the server outlives its daemon; else there is nothing to take over");

    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    assert_ne!(postgres.server_pid(), Some(orphan));
    assert!(!lives(orphan));
    assert_eq!(mark(&postgres.url()).await, "kept");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn kill_of_daemon_and_server_leaves_a_directory_that_starts_again() {
    let directory = data_directory();
    let daemon = DaemonProcess::start(directory.path(), None).await;
    leave_a_mark(&daemon.url).await;
    let server = daemon.server_pid;
    daemon.kill();
    kill(server);
    assert!(directory.path().join("postgres/data/postmaster.pid").exists());

    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    assert_eq!(mark(&postgres.url()).await, "kept");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn stale_pid_that_now_belongs_to_another_process_is_no_obstacle() {
    let directory = data_directory();
    PrivatePostgres::start(directory.path()).await.unwrap().stop().await.unwrap();
    // A process of the server's account: PostgreSQL itself would take it for its own.
    let cluster = directory.path().join("postgres/data");
    let mut stranger = Command::new("sleep");
    if geteuid().is_root() {
        let owner = fs::metadata(&cluster).unwrap();
        stranger.uid(owner.uid()).gid(owner.gid());
    }
    let mut stranger = stranger.arg("600").current_dir("/").spawn().unwrap();
    let stale = format!("{}\n{}\n1\n5432\n/tmp\n\n  1 1\nready   \n", stranger.id(), cluster.display());
    fs::write(cluster.join("postmaster.pid"), stale).unwrap();

    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    assert!(stranger.try_wait().unwrap().is_none(), "the other process was left alone");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn killed_server_is_started_again() {
    let directory = data_directory();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    leave_a_mark(&postgres.url()).await;
    let first = postgres.server_pid().unwrap();
    kill(first);
    wait_until("another server runs", async || postgres.server_pid().is_some_and(|pid| pid != first)).await;
    assert_eq!(mark(&postgres.url()).await, "kept");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn long_directory_has_its_socket_elsewhere() {
    let directory = data_directory();
    let deep = directory.path().join("a-rather-long-name-for-a-folder".repeat(3)).join("with, comma and \"quotes\"");
    let postgres = PrivatePostgres::start(&deep).await.unwrap();
    assert_eq!(ask(&postgres.url(), "'reached'").await, "reached");
    let socket_directory = PathBuf::from(ask(&postgres.url(), "current_setting('unix_socket_directories')").await);
    let socket_directory = PathBuf::from(socket_directory.to_string_lossy().trim_matches('"'));
    assert!(!socket_directory.starts_with(directory.path()), "{}", socket_directory.display());
    assert_eq!(mode(&socket_directory), 0o700);
    postgres.stop().await.unwrap();
    assert!(!socket_directory.exists(), "{} is left behind", socket_directory.display());
}

#[tokio::test]
async fn odd_characters_in_the_directory_are_no_obstacle() {
    let directory = data_directory();
    let odd = directory.path().join("it's, \"ö\" %41");
    let postgres = PrivatePostgres::start(&odd).await.unwrap();
    assert_eq!(ask(&postgres.url(), "'reached'").await, "reached");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn cluster_of_another_major_version_is_refused_with_the_upgrade_steps() {
    let directory = data_directory();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    let installed = postgres.version().major;
    postgres.stop().await.unwrap();
    let version_file = directory.path().join("postgres/data/PG_VERSION");
    fs::write(&version_file, "9\n").unwrap();

    let error = PrivatePostgres::start(directory.path()).await.unwrap_err();
    assert!(matches!(&error, Error::OtherMajor { cluster: 9, .. }), "{error}");
    let message = error.to_string();
    for part in ["PostgreSQL 9", &format!("PostgreSQL {installed}"), "apt-get install postgresql-9", "pg_upgrade"] {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
    assert!(fs::read_to_string(version_file).unwrap().starts_with('9'), "nothing was touched");
}

#[tokio::test]
async fn directory_with_other_files_is_not_taken_for_a_cluster() {
    let directory = data_directory();
    let cluster = directory.path().join("postgres/data");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("precious"), "do not delete").unwrap();
    let error = PrivatePostgres::start(directory.path()).await.unwrap_err();
    assert!(matches!(error, Error::NotACluster { .. }), "{error}");
    assert!(cluster.join("precious").exists());
}

#[tokio::test]
async fn interrupted_initialisation_is_swept_and_repeated() {
    let directory = data_directory();
    let unfinished = directory.path().join("postgres/unfinished-4711");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let postgres = PrivatePostgres::start(directory.path()).await.unwrap();
    assert!(!unfinished.exists());
    assert_eq!(ask(&postgres.url(), "'reached'").await, "reached");
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn server_that_does_not_start_is_quoted() {
    let directory = data_directory();
    PrivatePostgres::start(directory.path()).await.unwrap().stop().await.unwrap();
    let settings = directory.path().join("postgres/data/postgresql.auto.conf");
    fs::write(&settings, "shared_bufers = '64MB'\n").unwrap();
    let error = PrivatePostgres::start(directory.path()).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::Ended { .. }), "{message}");
    assert!(message.contains("postgres.log") && message.contains("\"shared_bufers\""), "{message}");
}

#[tokio::test]
async fn missing_binaries_are_one_sentence_with_the_package() {
    let directory = data_directory();
    let error = PrivatePostgres::start_with(directory.path(), &["/nonexistent/bin".into()]).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::NoBinaries { .. }), "{message}");
    for part in ["/nonexistent/bin", "apt-get install postgresql", "dnf install postgresql-server", "DATABASE_URL"] {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
    assert_eq!(message.lines().count(), 1);
}

#[tokio::test]
async fn directory_the_account_cannot_reach_is_explained_and_left_alone() {
    if !geteuid().is_root() {
        println!("nothing to see: only root hands the server to another account");
        return;
    }
    // As `/root` is: closed to everybody else.
    let closed = TempDir::new().unwrap();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let wanted = closed.path().join("below/nexops");
    let error = PrivatePostgres::start(&wanted).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(&error, Error::Unreachable { blocked, .. } if blocked == closed.path()), "{message}");
    assert!(message.contains(&format!("chmod o+x {}", closed.path().display())), "{message}");
    assert!(!closed.path().join("below").exists(), "nothing is created before the check");
}

#[tokio::test]
async fn works_for_an_ordinary_user() {
    if !geteuid().is_root() {
        println!("nothing to see: every other test runs as an ordinary user already");
        return;
    }
    let directory = data_directory();
    PrivatePostgres::start(directory.path()).await.unwrap().stop().await.unwrap();
    let account = fs::metadata(directory.path().join("postgres/data")).unwrap();

    let home = directory.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(account.uid()), Some(account.gid())).unwrap();
    let daemon = DaemonProcess::start(&home.join(".local/share/nexops"), Some((account.uid(), account.gid()))).await;
    assert_eq!(ask(&daemon.url, "current_user").await, "nexops");
    assert_eq!(mode(&home.join(".local/share/nexops")), 0o700);
    let server = daemon.server_pid;
    daemon.kill();
    kill(server);
}

#[tokio::test]
async fn cluster_of_somebody_else_is_refused_with_the_way_out() {
    if !geteuid().is_root() {
        println!("nothing to see: only root can give a cluster away");
        return;
    }
    let directory = data_directory();
    PrivatePostgres::start(directory.path()).await.unwrap().stop().await.unwrap();
    chown(directory.path().join("postgres/data"), Some(0), Some(0)).unwrap();
    let error = PrivatePostgres::start(directory.path()).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, Error::WrongOwner { owner: 0, .. }), "{message}");
    assert!(message.contains("chown -R"), "{message}");
}

/// Not a test of its own: other tests run it in another process, to have a daemon they can kill.
#[tokio::test]
async fn daemon_for_other_tests() {
    let Some(directory) = std::env::var_os(PLAY_DAEMON) else { return };
    match PrivatePostgres::start(Path::new(&directory)).await {
        Ok(postgres) => {
            fs::write(Path::new(&directory).join("played"), played(&postgres)).unwrap();
            std::future::pending::<()>().await;
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

fn played(postgres: &PrivatePostgres) -> String {
    format!("{} {} done", postgres.server_pid().unwrap(), postgres.url())
}

struct DaemonProcess {
    process: Child,
    url: String,
    server_pid: u32,
}

impl DaemonProcess {
    async fn start(directory: &Path, account: Option<(u32, u32)>) -> Self {
        let mut program = std::env::current_exe().unwrap();
        if let Some((uid, gid)) = account {
            // The account may not reach the build directory.
            let copy = directory.ancestors().nth(3).unwrap().join("daemon");
            fs::copy(&program, &copy).unwrap();
            chown(&copy, Some(uid), Some(gid)).unwrap();
            program = copy;
        }
        let mut command = Command::new(program);
        command.args(["--exact", "private_postgres::daemon_for_other_tests", "--nocapture"]);
        command.env(PLAY_DAEMON, directory).current_dir("/").stdout(Stdio::null());
        if let Some((uid, gid)) = account {
            command.uid(uid).gid(gid);
        }
        let mut process = command.spawn().unwrap();
        let answer = directory.join("played");
        wait_until("the daemon process has started its server", async || {
            assert!(process.try_wait().unwrap().is_none(), "the daemon process ended");
            fs::read_to_string(&answer).is_ok_and(|text| text.ends_with(" done"))
        })
        .await;
        let answer = fs::read_to_string(&answer).unwrap();
        let mut words = answer.split(' ');
        let server_pid = words.next().unwrap().parse().unwrap();
        Self { process, url: words.next().unwrap().to_owned(), server_pid }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A directory every account may pass, as `/var/lib` is.
fn data_directory() -> TempDir {
    let directory = TempDir::new().unwrap();
    fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).unwrap();
    directory
}

async fn ask(url: &str, question: &str) -> String {
    let mut connection = AsyncPgConnection::establish(url).await.unwrap();
    diesel::select(sql::<Text>(&format!("({question})::text"))).get_result(&mut connection).await.unwrap()
}

async fn leave_a_mark(url: &str) {
    let mut connection = AsyncPgConnection::establish(url).await.unwrap();
    connection.batch_execute("create table mark as select 'kept' as word").await.unwrap();
}

async fn mark(url: &str) -> String {
    ask(url, "select word from mark").await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn pid(raw: u32) -> Pid {
    Pid::from_raw(raw.cast_signed()).unwrap()
}

fn kill(raw: u32) {
    kill_process(pid(raw), Signal::KILL).unwrap();
}

/// A zombie that nobody has waited for yet counts as dead.
fn lives(raw: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{raw}/stat")).unwrap_or_default();
    let is_zombie = state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    test_kill_process(pid(raw)).is_ok() && !is_zombie
}

async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
