//! What is the same for all values: the ranges of whole numbers, for utoipa names the types of Rust, which OpenAPI does
//! not know; and that no parameter of a query is empty.

use utoipa::Number;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, SchemaType, Type};
use utoipa::openapi::{KnownFormat, OpenApi, RefOr, Schema, SchemaFormat};

/// Gives every whole number a format that OpenAPI knows, and the range of its type where no narrower one is said; and
/// every text in a query its least length.
pub fn bound(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for parameter in
            operations.into_iter().flatten().flat_map(|operation| operation.parameters.iter_mut()).flatten()
        {
            if let RefOr::T(Parameter { schema: Some(schema), parameter_in, .. }) = parameter {
                bound_schema(schema);
                if *parameter_in == ParameterIn::Query {
                    want_text(schema);
                }
            }
        }
    }
    for components in document.components.iter_mut() {
        components.schemas.values_mut().for_each(bound_schema);
    }
}

/// Says of an enum whose variants refuse fields that they do not know that they do: utoipa says it of structs alone.
pub fn close_variants(document: &mut OpenApi, name: &str) {
    let schema = document.components.as_mut().and_then(|components| components.schemas.get_mut(name));
    let Some(RefOr::T(Schema::OneOf(variants))) = schema else { return };
    for variant in &mut variants.items {
        if let RefOr::T(Schema::Object(object)) = variant {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// A text in a query has a character at least; closed sets and formats say so themselves.
fn want_text(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && object.schema_type == SchemaType::new(Type::String)
        && object.enum_values.is_none()
        && object.format.is_none()
        && object.pattern.is_none()
    {
        object.min_length.get_or_insert(1);
    }
}

fn bound_schema(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => bound_object(object),
        Schema::Array(array) => match &mut array.items {
            ArrayItems::RefOrSchema(items) => bound_schema(items),
            ArrayItems::False => {}
        },
        Schema::OneOf(several) => several.items.iter_mut().for_each(bound_schema),
        Schema::AllOf(several) => several.items.iter_mut().for_each(bound_schema),
        Schema::AnyOf(several) => several.items.iter_mut().for_each(bound_schema),
        // The enum is not ours, and may grow.
        _ => {}
    }
}

fn bound_object(object: &mut Object) {
    object.properties.values_mut().for_each(bound_schema);
    if let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref_mut() {
        bound_schema(values);
    }
    let Some(SchemaFormat::KnownFormat(known)) = &object.format else { return };
    let (format, least, largest) = match known {
        KnownFormat::Int8 => (KnownFormat::Int32, Number::Int(i8::MIN.into()), Number::UInt(i8::MAX as usize)),
        KnownFormat::Int16 => (KnownFormat::Int32, Number::Int(i16::MIN.into()), Number::UInt(i16::MAX as usize)),
        KnownFormat::UInt8 => (KnownFormat::Int32, Number::UInt(0), Number::UInt(u8::MAX.into())),
        KnownFormat::UInt16 => (KnownFormat::Int32, Number::UInt(0), Number::UInt(u16::MAX.into())),
        KnownFormat::UInt32 => (KnownFormat::Int64, Number::UInt(0), Number::UInt(u32::MAX as usize)),
        KnownFormat::UInt64 => (KnownFormat::Int64, Number::UInt(0), Number::UInt(i64::MAX as usize)),
        _ => return,
    };
    object.format = Some(SchemaFormat::KnownFormat(format));
    object.minimum.get_or_insert(least);
    object.maximum.get_or_insert(largest);
}
