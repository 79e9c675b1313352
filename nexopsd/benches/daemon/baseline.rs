//! What PostgreSQL needs at the least: the same rows by plain `COPY` into the same table.

use std::time::Instant;

use futures::SinkExt;
use tokio_postgres::NoTls;

/// Repetitions, of which the median counts.
const TIMES: usize = 7;

/// Copies the rows of the last collection again, a few seconds shifted, and gives the median in milliseconds.
pub async fn copy_last_batch(database_url: &str) -> f64 {
    let (client, connection) = tokio_postgres::connect(database_url, NoTls).await.expect("connect");
    tokio::spawn(connection);
    client.batch_execute("SET TIME ZONE 'UTC'; SET synchronous_commit = off").await.unwrap();
    let rows = client
        .query(
            "SELECT series_id, value, extract(epoch FROM ts)::float8 FROM metric_samples \
             WHERE ts = (SELECT max(ts) FROM metric_samples) ORDER BY series_id",
            &[],
        )
        .await
        .unwrap();
    let mut times: Vec<f64> = Vec::with_capacity(TIMES);
    for time in 1..=TIMES {
        let mut text = String::with_capacity(rows.len() * 40);
        for row in &rows {
            let (series, value, epoch): (i32, f64, f64) = (row.get(0), row.get(1), row.get(2));
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century fit")]
            let moment = chrono::DateTime::from_timestamp_millis((epoch * 1000.0) as i64).unwrap();
            let moment = moment + chrono::Duration::milliseconds(10 * time as i64);
            text.push_str(&format!("{series}\t{}\t{value}\n", moment.to_rfc3339()));
        }
        let clock = Instant::now();
        let sink = client.copy_in("COPY metric_samples (series_id, ts, value) FROM STDIN").await.unwrap();
        let mut sink = Box::pin(sink);
        sink.send(bytes::Bytes::from(text)).await.unwrap();
        sink.as_mut().finish().await.unwrap();
        times.push(clock.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

/// The one number that an expression gives.
pub async fn number(database_url: &str, expression: &str) -> f64 {
    let (client, connection) = tokio_postgres::connect(database_url, NoTls).await.expect("connect");
    tokio::spawn(connection);
    client.query_one(&format!("SELECT ({expression})::float8"), &[]).await.unwrap().get(0)
}

/// How many rows a table has.
pub async fn count(database_url: &str, table: &str) -> f64 {
    number(database_url, &format!("SELECT count(*) FROM {table}")).await
}
