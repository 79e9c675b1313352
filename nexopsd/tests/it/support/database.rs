//! A database for each test: a copy of a template that is migrated once.

use std::fs;
use std::path::Path;

use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexopsd::db::Db;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A database that is dropped with the value. `KEEP_TEST_DB=1` keeps it and prints its URL.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server: String,
}

#[derive(diesel::QueryableByName)]
struct Exists {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    exists: bool,
}

impl TestDatabase {
    /// A copy of the migrated template.
    pub async fn new() -> Self {
        let server = server();
        let mut admin = connect(&format!("{server}/postgres")).await;
        let template = template(&mut admin, &server).await;
        let name = format!("nexops_t_{}", Uuid::now_v7().simple());
        run(&mut admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        Self { name, server }
    }

    /// An empty database, without the schema.
    pub async fn empty() -> Self {
        let server = server();
        let mut admin = connect(&format!("{server}/postgres")).await;
        let name = format!("nexops_t_{}", Uuid::now_v7().simple());
        run(&mut admin, &format!("CREATE DATABASE {name}")).await;
        Self { name, server }
    }

    /// The database of a URL, on a server of the test's own, brought up to date.
    pub async fn on(url: &str) -> Self {
        Db::new(url.to_owned().into()).unwrap().migrate().await.unwrap();
        let (server, name) = url.rsplit_once('/').unwrap();
        Self { name: name.to_owned(), server: server.to_owned() }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    /// A connection beside the daemon's.
    pub async fn connect(&self) -> AsyncPgConnection {
        connect(&self.url()).await
    }

    /// The one number that a query gives.
    pub async fn number(&self, query: &str) -> i64 {
        let mut connection = self.connect().await;
        let question = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("({query})"));
        diesel::select(question).get_result(&mut connection).await.unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// The one text that a query gives; empty when it gives none.
    pub async fn text(&self, query: &str) -> String {
        let mut connection = self.connect().await;
        let question = diesel::dsl::sql::<diesel::sql_types::Text>(&format!("coalesce(({query})::text, '')"));
        diesel::select(question).get_result(&mut connection).await.unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// Carries out a statement beside the daemon.
    pub async fn execute(&self, statement: &str) {
        run(&mut self.connect().await, statement).await;
    }

    /// Lets nobody in any more and cuts those off who are, until [`TestDatabase::admit`].
    pub async fn refuse(&self) {
        let mut admin = connect(&format!("{}/postgres", self.server)).await;
        let name = &self.name;
        run(&mut admin, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
        run(&mut admin, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
            .await;
    }

    /// Lets everybody in again.
    pub async fn admit(&self) {
        let mut admin = connect(&format!("{}/postgres", self.server)).await;
        run(&mut admin, &format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_TEST_DB").is_some() {
            eprintln!("kept {}", self.url());
            return;
        }
        // Dropping cannot wait for a runtime, so it gets a thread with one of its own.
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = connect(&format!("{server}/postgres")).await;
                run(&mut admin, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
            });
        });
        let _ = dropping.join();
    }
}

/// The server that `make test` starts, without a database name.
fn server() -> String {
    let url = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names no PostgreSQL: run the tests with `make test`, which starts one");
    url.rsplit_once('/').expect("TEST_DATABASE_URL ends with a database name").0.to_owned()
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.unwrap_or_else(|error| panic!("connect to {url}: {error}"))
}

async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The name of the template for the present migrations; whoever comes first makes it.
async fn template(admin: &mut AsyncPgConnection, server: &str) -> String {
    let name = format!("nexops_tmpl_{}", fingerprint());
    run(admin, "SELECT pg_advisory_lock(7267)").await;
    let known: Exists = diesel::sql_query("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS exists")
        .bind::<diesel::sql_types::Text, _>(&name)
        .get_result(admin)
        .await
        .unwrap();
    if !known.exists {
        let draft = format!("{name}_draft");
        run(admin, &format!("DROP DATABASE IF EXISTS {draft}")).await;
        run(admin, &format!("CREATE DATABASE {draft}")).await;
        Db::new(format!("{server}/{draft}").into()).unwrap().migrate().await.unwrap();
        // A database with a session open cannot be copied; the migration's own ends in a moment.
        run(admin, &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{draft}'")).await;
        run(admin, &format!("ALTER DATABASE {draft} RENAME TO {name}")).await;
    }
    run(admin, "SELECT pg_advisory_unlock(7267)").await;
    name
}

fn fingerprint() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .flat_map(|migration| fs::read_dir(migration.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(fs::read(file).unwrap());
    }
    hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
