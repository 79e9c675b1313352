//! The schema: that it comes and goes, and holds what was promised.

use std::collections::BTreeMap;

use chrono::Utc;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use nexopsd::db::{self, Db};
use rstest::rstest;

use crate::support::database::TestDatabase;

#[derive(Debug, QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Everything in the database that PostgreSQL and Diesel did not put there.
async fn ours(connection: &mut AsyncPgConnection) -> Vec<String> {
    let names: Vec<Name> = diesel::sql_query(
        "SELECT 'relation ' || relname AS name FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_diesel%' \
         UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace \
         UNION ALL SELECT 'type ' || typname FROM pg_type \
             WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '%\\_\\_diesel%' \
         UNION ALL SELECT 'schema ' || nspname FROM pg_namespace \
             WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('public', 'information_schema')",
    )
    .load(connection)
    .await
    .unwrap();
    names.into_iter().map(|row| row.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_can_be_made_undone_and_made_again() {
    let database = TestDatabase::empty().await;
    let db = Db::new(database.url().into()).unwrap();
    let connection = &mut database.connect().await;
    let nothing = Vec::<String>::new();
    assert_eq!(ours(connection).await, nothing);
    assert!(db.needs_migration().await.unwrap());

    let applied = db.migrate().await.unwrap();
    assert!(!applied.is_empty());
    assert!(!db.needs_migration().await.unwrap());
    assert_eq!(db.migrate().await.unwrap(), nothing);
    // What the daemon itself makes must not stand in the way of going back.
    let now = Utc::now();
    let kept = db::partition::Kept { samples: now, five_minutes: now, hours: now };
    db::partition::keep_in_order(connection, now, &kept).await.unwrap();
    assert!(ours(connection).await.len() > 20);

    db.revert_all().await.unwrap();
    assert_eq!(ours(connection).await, nothing);
    assert_eq!(db.migrate().await.unwrap(), applied);
}

#[derive(Debug, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

async fn columns(table: &str) -> BTreeMap<String, String> {
    let database = TestDatabase::new().await;
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS data_type, NOT attnotnull AS nullable \
         FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
    )
    .bind::<Text, _>(table)
    .load(&mut database.connect().await)
    .await
    .unwrap();
    let described = |column: Column| {
        let data_type =
            column.data_type.replace("character varying", "varchar").replace("timestamp with time zone", "timestamptz");
        (column.name, format!("{data_type}{}", if column.nullable { " null" } else { "" }))
    };
    columns.into_iter().map(described).collect()
}

#[rstest]
#[case("nodes", &[
    ("id", "uuid"),
    ("connection_id", "uuid"),
    ("hostname", "varchar(255)"),
    ("ip_address", "varchar(45) null"),
    ("provider", "varchar(50)"),
    ("status", "varchar(20)"),
    ("cpu_cores", "integer"),
    ("memory_total_mb", "integer"),
    ("disk_total_gb", "integer"),
    ("proxmox_node_name", "varchar(255)"),
    ("metadata", "jsonb"),
    ("last_seen_at", "timestamptz null"),
    ("gone_at", "timestamptz null"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
])]
#[case("vms", &[
    ("id", "uuid"),
    ("connection_id", "uuid"),
    ("node_id", "uuid"),
    ("vmid", "integer"),
    ("name", "varchar(255)"),
    ("status", "varchar(20)"),
    ("status_detail", "text null"),
    ("type", "varchar(20)"),
    ("cpu_cores", "double precision"),
    ("memory_mb", "integer"),
    ("disk_gb", "double precision"),
    ("ip_address", "varchar(45) null"),
    ("os_type", "varchar(100) null"),
    ("tags", "text[]"),
    ("template", "boolean"),
    ("locked", "varchar(50) null"),
    ("config", "jsonb"),
    ("gone_at", "timestamptz null"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
])]
#[case("audit_logs", &[
    ("id", "uuid"),
    ("actor", "varchar(255)"),
    ("action", "varchar(100)"),
    ("resource_type", "varchar(50)"),
    ("resource_id", "uuid"),
    ("details", "jsonb"),
    ("ip_address", "varchar(45)"),
    ("timestamp", "timestamptz"),
])]
#[case("proxmox_connections", &[
    ("id", "uuid"),
    ("name", "varchar(100)"),
    ("hosts", "text[]"),
    ("port", "integer"),
    ("token_name", "varchar(255)"),
    ("token_value", "bytea null"),
    ("verify_tls", "boolean"),
    ("fingerprint", "text null"),
    ("enabled", "boolean"),
    ("last_success_at", "timestamptz null"),
    ("last_error", "text null"),
    ("created_at", "timestamptz"),
    ("updated_at", "timestamptz"),
])]
#[case("tasks", &[
    ("id", "uuid"),
    ("upid", "varchar(255) null"),
    ("action", "varchar(20)"),
    ("vm_id", "uuid"),
    ("vmid", "integer"),
    ("node", "varchar(255)"),
    ("connection_id", "uuid"),
    ("status", "varchar(20)"),
    ("exit_status", "text null"),
    ("progress", "smallint null"),
    ("actor", "varchar(255)"),
    ("started_at", "timestamptz"),
    ("finished_at", "timestamptz null"),
])]
#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_the_columns_that_were_promised(#[case] table: &str, #[case] promised: &[(&str, &str)]) {
    let columns = columns(table).await;
    for (name, data_type) in promised {
        assert_eq!(columns.get(*name).map(String::as_str), Some(*data_type), "{table}.{name}");
    }
}

const CONNECTION: &str = "INSERT INTO proxmox_connections (id, name, hosts, username, token_name, created_at, updated_at) \
     VALUES (gen_random_uuid(), 'one', '{}', 'u', 't', now(), now()), (gen_random_uuid(), 'two', '{}', 'u', 't', now(), now())";
const NODE: &str = "INSERT INTO nodes (id, connection_id, hostname, proxmox_node_name, status, created_at, updated_at) \
     SELECT gen_random_uuid(), id, 'pve', 'pve', 'online', now(), now() FROM proxmox_connections";
const VM: &str = "INSERT INTO vms (id, connection_id, node_id, vmid, name, status, type, gone_at, created_at, updated_at) \
     SELECT gen_random_uuid(), connection_id, id, 100, 'web', 'running', 'qemu', NULL, now(), now() FROM nodes";

#[tokio::test(flavor = "multi_thread")]
async fn names_and_numbers_are_unique_within_a_connection_and_free_again_once_a_guest_is_gone() {
    let database = TestDatabase::new().await;
    let connection = &mut database.connect().await;
    for sql in [CONNECTION, NODE, VM] {
        connection.batch_execute(sql).await.unwrap();
        let error = connection.batch_execute(sql).await.unwrap_err().to_string();
        assert!(error.contains("duplicate key"), "{sql}: {error}");
    }
    connection.batch_execute("UPDATE vms SET gone_at = now()").await.unwrap();
    connection.batch_execute(VM).await.unwrap();
}

#[rstest]
#[case("UPDATE nodes SET status = 'up'")]
#[case("UPDATE nodes SET provider = 'hetzner'")]
#[case("UPDATE vms SET status = 'gone'")]
#[case("UPDATE vms SET type = 'vm'")]
#[case("UPDATE vms SET vmid = 0")]
#[tokio::test(flavor = "multi_thread")]
async fn a_word_outside_its_closed_set_is_refused(#[case] sql: &str) {
    let database = TestDatabase::new().await;
    let connection = &mut database.connect().await;
    for sql in [CONNECTION, NODE, VM] {
        connection.batch_execute(sql).await.unwrap();
    }
    let error = connection.batch_execute(sql).await.unwrap_err().to_string();
    assert!(error.contains("check constraint"), "{error}");
}
