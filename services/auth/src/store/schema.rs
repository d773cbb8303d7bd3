//! The tables, as the migrations make them.

/// Tables of the schema `auth`.
pub mod auth {
    diesel::table! {
        /// A line for each attempt to get in.
        auth.access_log (id) {
            id -> Int8,
            at -> Timestamptz,
            action -> Text,
            outcome -> Text,
            user_id -> Nullable<Uuid>,
            actor_id -> Nullable<Uuid>,
            email_hash -> Nullable<Bytea>,
            contract -> Text,
            address -> Text,
            user_agent -> Text,
        }
    }

    diesel::table! {
        /// Keys by which programs act for people.
        auth.api_keys (id) {
            id -> Uuid,
            user_id -> Uuid,
            name -> Text,
            hash -> Bytea,
            prefix -> Text,
            created_at -> Timestamptz,
            expires_at -> Nullable<Timestamptz>,
            last_used_at -> Nullable<Timestamptz>,
            revoked_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        /// When a source of the directory was last read.
        auth.directory_refreshes (source) {
            source -> Text,
            fingerprint -> Text,
            refreshed_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// Codes that show whose an address is.
        auth.email_codes (user_id) {
            user_id -> Uuid,
            hash -> Bytea,
            attempts -> Int2,
            expires_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// Which person a Google account is.
        auth.google_accounts (subject) {
            subject -> Text,
            user_id -> Uuid,
            created_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// Sign-ins that went to Google.
        auth.google_sign_ins (state_hash) {
            state_hash -> Bytea,
            contract -> Text,
            sealed -> Bytea,
            user_id -> Nullable<Uuid>,
            expires_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// What is to be sent to people outside.
        auth.mails (id) {
            id -> Uuid,
            user_id -> Uuid,
            channel -> Text,
            sealed -> Bytea,
            attempts -> Int4,
            due_at -> Timestamptz,
            expires_at -> Timestamptz,
            created_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// Links that set a new password.
        auth.password_resets (user_id) {
            user_id -> Uuid,
            hash -> Bytea,
            expires_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// The families of refresh tokens.
        auth.refresh_tokens (hash) {
            hash -> Bytea,
            session_id -> Uuid,
            issued_at -> Timestamptz,
            expires_at -> Timestamptz,
            used_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        /// Codes for whoever lost the phone.
        auth.recovery_codes (user_id, hash) {
            user_id -> Uuid,
            hash -> Bytea,
        }
    }

    diesel::table! {
        /// What people show besides the password.
        auth.second_factors (user_id) {
            user_id -> Uuid,
            totp_secret -> Nullable<Bytea>,
            totp_confirmed_at -> Nullable<Timestamptz>,
            totp_last_step -> Int8,
            phone -> Nullable<Text>,
            sms_enabled_at -> Nullable<Timestamptz>,
            sms_confirmed_at -> Nullable<Timestamptz>,
            code_hash -> Nullable<Bytea>,
            code_attempts -> Int2,
            code_expires_at -> Nullable<Timestamptz>,
            failures -> Int4,
            locked_until -> Nullable<Timestamptz>,
            created_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// Sign-ins.
        auth.sessions (id) {
            id -> Uuid,
            user_id -> Uuid,
            contract -> Text,
            address -> Text,
            user_agent -> Text,
            created_at -> Timestamptz,
            refreshed_at -> Timestamptz,
            expires_at -> Timestamptz,
            revoked_at -> Nullable<Timestamptz>,
            revoked_reason -> Nullable<Text>,
            forget_at -> Nullable<Timestamptz>,
        }
    }

    diesel::table! {
        /// The universities directory.
        auth.universities (id) {
            id -> Uuid,
            name -> Text,
            name_key -> Text,
            country -> Text,
            country_code -> Text,
            state -> Text,
            city -> Text,
            #[sql_name = "type"]
            kind -> Text,
            search_terms -> Array<Text>,
            search_text -> Text,
            website -> Nullable<Text>,
            enrollment -> Nullable<Int4>,
            established -> Nullable<Int4>,
            accreditation -> Array<Text>,
            programs -> Array<Text>,
            latitude -> Nullable<Float8>,
            longitude -> Nullable<Float8>,
            detail -> Nullable<Jsonb>,
            source -> Text,
            created_at -> Timestamptz,
            updated_at -> Timestamptz,
        }
    }

    diesel::table! {
        /// People.
        auth.users (id) {
            id -> Uuid,
            number -> Int8,
            handle -> Text,
            display_name -> Text,
            email -> Nullable<Text>,
            email_verified_at -> Nullable<Timestamptz>,
            password_hash -> Nullable<Text>,
            password_policy -> Nullable<Text>,
            role -> Text,
            university_id -> Nullable<Uuid>,
            university -> Text,
            avatar_url -> Nullable<Text>,
            phone -> Nullable<Text>,
            availability -> Text,
            status_message -> Nullable<Text>,
            preferences -> Jsonb,
            search_text -> Text,
            version -> Int8,
            suspended_at -> Nullable<Timestamptz>,
            suspended_reason -> Nullable<Text>,
            deleted_at -> Nullable<Timestamptz>,
            last_login_at -> Nullable<Timestamptz>,
            last_seen_at -> Nullable<Timestamptz>,
            created_at -> Timestamptz,
            updated_at -> Timestamptz,
        }
    }

    diesel::joinable!(api_keys -> users (user_id));
    diesel::joinable!(refresh_tokens -> sessions (session_id));
    diesel::joinable!(sessions -> users (user_id));
    diesel::allow_tables_to_appear_in_same_query!(api_keys, refresh_tokens, sessions, users);
}
