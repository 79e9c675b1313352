//! Services by their name or id.

use nexops_core::client::Client;
use nexops_core::id::ServiceId;
use nexops_core::service::{ListServices, Service};
use uuid::Uuid;

use super::unknown;
use crate::failure::{Failure, Result};
use crate::paging::all_pages;

/// A service by its name or id. A name that looks like an id is taken for one.
pub async fn service(client: &Client, text: &str) -> Result<Service> {
    let failed = |error| Failure::from_client(&format!("find service {text}"), &error);
    if let Ok(id) = Uuid::try_parse(text) {
        return client.find_service(ServiceId(id)).await.map(|envelope| envelope.data).map_err(failed);
    }
    let search = async |search: Option<String>| {
        all_pages(None, async |page, per_page| {
            let query = ListServices {
                page: Some(page),
                per_page: Some(per_page),
                search: search.clone(),
                ..ListServices::default()
            };
            client.list_services(&query).await
        })
        .await
    };
    let found = search(Some(text.to_owned())).await.map_err(failed)?;
    if let Some(service) = found.rows.into_iter().find(|service| service.name == text) {
        return Ok(service);
    }
    let all = search(None).await.map_err(failed)?;
    Err(unknown("service", None, text, all.rows.iter().map(|service| service.name.as_str()), "nexops service list"))
}
