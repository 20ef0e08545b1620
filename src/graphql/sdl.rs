//! Prints the schema, with the field policy as `@auth` on every field.

use async_graphql::SDLExportOptions;

/// The schema as text: what schema.graphql holds.
pub fn print() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .use_space_ident()
        .indent_width(2);
    let plain = super::builder().finish().sdl_with_options(options);
    plain.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
