//! The tables, as the migrations make them.

/// Tables of the schema `media`.
pub mod media {
    diesel::table! {
        /// What uses a file.
        media.file_uses (file_id, used_by) {
            file_id -> Uuid,
            used_by -> Text,
        }
    }

    diesel::table! {
        /// Files of any kind.
        media.files (id) {
            id -> Uuid,
            owner_id -> Uuid,
            name -> Text,
            state -> Text,
            ticket -> Nullable<Text>,
            content_type -> Nullable<Text>,
            size_bytes -> Nullable<Int8>,
            digest -> Nullable<Bytea>,
            thumbnail_size_bytes -> Nullable<Int8>,
            thumbnail_digest -> Nullable<Bytea>,
            created_at -> Timestamptz,
            unused_since -> Nullable<Timestamptz>,
            keep_until -> Nullable<Timestamptz>,
            deleted_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        /// What uses a picture.
        media.image_uses (image_id, used_by) {
            image_id -> Uuid,
            used_by -> Text,
        }
    }

    diesel::table! {
        /// Pictures.
        media.images (id) {
            id -> Uuid,
            owner_id -> Uuid,
            folder -> Text,
            format -> Text,
            state -> Text,
            width -> Int4,
            height -> Int4,
            size_bytes -> Int8,
            digest -> Bytea,
            thumbnail_size_bytes -> Int8,
            thumbnail_digest -> Bytea,
            created_at -> Timestamptz,
            claimed_at -> Nullable<Timestamptz>,
            unused_since -> Nullable<Timestamptz>,
            used_before -> Bool,
            deleted_at -> Nullable<Timestamptz>,
        }
    }

    diesel::joinable!(file_uses -> files (file_id));
    diesel::allow_tables_to_appear_in_same_query!(file_uses, files);
    diesel::joinable!(image_uses -> images (image_id));
    diesel::allow_tables_to_appear_in_same_query!(image_uses, images);
}
