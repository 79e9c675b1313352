//! What the token may do.

use serde_json::{Map, Value, json};

use super::Context;
use crate::answers::{Answer, Refusal};
use crate::parameters::{Rule, verify};

/// The paths the real server lists even without ACLs of their own.
const PATHS: [&str; 8] = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

pub(super) fn permissions(context: &mut Context<'_>) -> Result<Answer, Refusal> {
    let known = [("path", Rule::Text), ("userid", Rule::Text)];
    let parameters = verify(&context.call.parameters, &known)?;
    let granted: Map<String, Value> =
        context.token.privileges.names().map(|name| (name.to_owned(), json!(1))).collect();
    if granted.is_empty() {
        return Ok(Answer::data(json!({})));
    }
    let paths: Vec<&str> = match parameters.text("path") {
        Some(path) => vec![path],
        None => PATHS.to_vec(),
    };
    let all: Map<String, Value> =
        paths.into_iter().map(|path| (path.to_owned(), Value::Object(granted.clone()))).collect();
    Ok(Answer::data(Value::Object(all)))
}
