//! The word that changes whenever what is shown of nodes and guests does.

use diesel::sql_types::Uuid as SqlUuid;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Result;

#[derive(diesel::QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = SqlUuid)]
    version: Uuid,
}

/// The present word. What is read after it is at least as new as it says.
///
/// # Errors
/// When the database does not answer.
pub async fn version(conn: &mut AsyncPgConnection) -> Result<Uuid> {
    let row: VersionRow = diesel::sql_query("SELECT version FROM inventory_version").get_result(conn).await?;
    Ok(row.version)
}
