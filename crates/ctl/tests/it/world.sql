-- Ada and Bob, and one row at least of all that is counted, copied or names people. What is stored beside it agrees.
INSERT INTO auth.users (id, handle, display_name, email, avatar_url, search_text, created_at, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000001', 'ada', 'Ada', 'ada@example.org',
     'http://localhost:3333/uploads/images/avatars/00000000-0000-7000-8000-000000000404.jpg', '', now(), now()),
    ('00000000-0000-7000-8000-000000000002', 'bob', 'Bob', 'bob@example.org', NULL, '', now(), now());
INSERT INTO auth.sessions (id, user_id, contract, created_at, refreshed_at, expires_at)
    VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'oruma', now(), now(), now());
INSERT INTO auth.api_keys (id, user_id, name, hash, prefix, created_at)
    VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'key', 'hash', 'k', now());
INSERT INTO auth.mails (id, user_id, channel, sealed, due_at, expires_at, created_at)
    VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'mail', 'sealed', now(), now(), now());
INSERT INTO auth.second_factors (user_id, created_at) VALUES ('00000000-0000-7000-8000-000000000001', now());
INSERT INTO auth.email_codes (user_id, hash, expires_at) VALUES ('00000000-0000-7000-8000-000000000001', 'hash', now());

INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags, mentions,
                          visibility, like_count, comment_count, save_count, view_count, search, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-000000000001', '', 'On engines', 'study', '',
            '{posts/00000000-0000-7000-8000-000000000401.jpg}', '{}', '{}', '{engines}', '{}', 'public', 1, 2, 1, 1, '', now(), now());
INSERT INTO social.post_hashtags VALUES ('00000000-0000-7000-8000-000000000100', 'engines', now());
INSERT INTO social.post_likes VALUES ('00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO social.post_saves VALUES ('00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO social.post_views VALUES ('00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO social.comments (id, post_id, parent_id, author_id, content, like_count, reply_count, created_at, updated_at) VALUES
    ('00000000-0000-7000-8000-000000000110', '00000000-0000-7000-8000-000000000100', NULL, '00000000-0000-7000-8000-000000000002',
     'Which?', 1, 1, now(), now()),
    ('00000000-0000-7000-8000-000000000111', '00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-000000000110',
     '00000000-0000-7000-8000-000000000001', 'This one', 0, 0, now(), now());
INSERT INTO social.comment_likes VALUES ('00000000-0000-7000-8000-000000000110', '00000000-0000-7000-8000-000000000001', now());
INSERT INTO social.blocks VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO social.reports (id, subject_kind, subject_id, owner_id, reporter_id, reason, description, created_at, updated_at) VALUES
    (gen_random_uuid(), 'event', '00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000001',
     '00000000-0000-7000-8000-000000000002', 'spam', '', now(), now()),
    (gen_random_uuid(), 'item', '00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000001',
     '00000000-0000-7000-8000-000000000002', 'spam', '', now(), now());

INSERT INTO events.events (id, organizer_id, university, title, description, category, starts_at, ends_at, utc_offset_minutes, location,
                           folded_location, registration_required, banner_image, tags, registered_count, save_count, view_count, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000001', '', 'Tea', 'And cake', 'food', now(),
            now() + interval '1 hour', 0, 'Here', 'here', true, 'events/00000000-0000-7000-8000-000000000402.jpg', '{}', 1, 1, 1, now(), now());
INSERT INTO events.registrations (id, event_id, user_id, status, registered_at) VALUES
    (gen_random_uuid(), '00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000002', 'registered', now()),
    (gen_random_uuid(), '00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000001', 'cancelled', now());
INSERT INTO events.event_saves VALUES ('00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO events.event_views VALUES ('00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO events.reports VALUES ('00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000002', 'spam', '', now());

INSERT INTO marketplace.items (id, seller_id, university, title, description, price_cents, condition, category, images, specification_labels,
                               specification_values, location, tags, status, buyer_id, view_count, save_count, search, created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000001', '', 'Lamp', 'Bright', 100, 'Good', 'home',
            '{marketplace/00000000-0000-7000-8000-000000000403.jpg}', '{}', '{}', '', '{}', 'sold', '00000000-0000-7000-8000-000000000002',
            1, 1, '', now(), now());
INSERT INTO marketplace.item_saves VALUES ('00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO marketplace.item_views VALUES ('00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000002', now());
INSERT INTO marketplace.sellers VALUES ('00000000-0000-7000-8000-000000000001', 1, 4);
INSERT INTO marketplace.reviews VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000001',
                                        '00000000-0000-7000-8000-000000000002', 4, '', now());
INSERT INTO marketplace.reports VALUES ('00000000-0000-7000-8000-000000000300', '00000000-0000-7000-8000-000000000002', 'spam', '', now());

INSERT INTO media.images (id, owner_id, folder, format, state, width, height, size_bytes, digest, thumbnail_size_bytes, thumbnail_digest, created_at)
    SELECT ('00000000-0000-7000-8000-00000000040' || nth)::uuid, '00000000-0000-7000-8000-000000000001', folder, 'jpg', 'stored', 1, 1, 1,
           sha256(''), 1, sha256(''), now()
    FROM (VALUES (1, 'posts'), (2, 'events'), (3, 'marketplace'), (4, 'avatars')) AS uploaded (nth, folder);
INSERT INTO media.image_uses VALUES
    ('00000000-0000-7000-8000-000000000401', 'social.post/00000000-0000-7000-8000-000000000100'),
    ('00000000-0000-7000-8000-000000000402', 'events.event/00000000-0000-7000-8000-000000000200'),
    ('00000000-0000-7000-8000-000000000403', 'marketplace.item/00000000-0000-7000-8000-000000000300'),
    ('00000000-0000-7000-8000-000000000404', 'auth.user/00000000-0000-7000-8000-000000000001');
INSERT INTO media.files (id, owner_id, name, state, content_type, size_bytes, digest, created_at)
    VALUES ('00000000-0000-7000-8000-000000000450', '00000000-0000-7000-8000-000000000001', 'notes.txt', 'stored', 'text/plain', 1, sha256(''), now());
INSERT INTO media.file_uses VALUES ('00000000-0000-7000-8000-000000000450', 'messaging.message/00000000-0000-7000-8000-000000000510');

INSERT INTO messaging.people VALUES
    ('00000000-0000-7000-8000-000000000001', 'ada', 'Ada', 'ada', '', 1, NULL),
    ('00000000-0000-7000-8000-000000000002', 'bob', 'Bob', 'bob', '', 1, NULL);
INSERT INTO messaging.conversations (id, kind, first_user_id, second_user_id, created_by, last_sequence, member_count, created_at, activity_at)
    VALUES ('00000000-0000-7000-8000-000000000500', 'direct', '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002',
            '00000000-0000-7000-8000-000000000001', 3, 2, now(), now());
INSERT INTO messaging.members (conversation_id, user_id, role, joined_at) VALUES
    ('00000000-0000-7000-8000-000000000500', '00000000-0000-7000-8000-000000000001', 'member', now()),
    ('00000000-0000-7000-8000-000000000500', '00000000-0000-7000-8000-000000000002', 'member', now());
INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, parent_id, created_at, deleted_at, deleted_by,
                                reply_count, reaction_count, file_count) VALUES
    ('00000000-0000-7000-8000-000000000510', '00000000-0000-7000-8000-000000000500', 1, '00000000-0000-7000-8000-000000000001', 'text', 'Look', NULL,
     now(), NULL, NULL, 1, 1, 1),
    ('00000000-0000-7000-8000-000000000511', '00000000-0000-7000-8000-000000000500', 2, '00000000-0000-7000-8000-000000000002', 'text', 'Nice',
     '00000000-0000-7000-8000-000000000510', now(), NULL, NULL, 0, 0, 0),
    ('00000000-0000-7000-8000-000000000512', '00000000-0000-7000-8000-000000000500', 3, '00000000-0000-7000-8000-000000000001', 'text', 'Oh',
     NULL, now(), now(), '00000000-0000-7000-8000-000000000001', 0, 0, 0);
INSERT INTO messaging.attachments VALUES ('00000000-0000-7000-8000-000000000450', '00000000-0000-7000-8000-000000000510', 1, 'notes.txt', '', '',
                                          'text/plain', 1);
INSERT INTO messaging.reactions VALUES ('00000000-0000-7000-8000-000000000510', '00000000-0000-7000-8000-000000000002', '👍', now());
INSERT INTO messaging.thread_members VALUES ('00000000-0000-7000-8000-000000000500', '00000000-0000-7000-8000-000000000001',
                                             '00000000-0000-7000-8000-000000000510', 2, false);
INSERT INTO messaging.scheduled_messages VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001',
                                                 '00000000-0000-7000-8000-000000000500', NULL, 'Later', now(), now());
INSERT INTO messaging.notifications (id, user_id, event_id, kind, actor_id, subject_kind, subject_id, excerpt, created_at)
    VALUES (gen_random_uuid(), '00000000-0000-7000-8000-000000000001', gen_random_uuid(), 'post_like', '00000000-0000-7000-8000-000000000002',
            'post', '00000000-0000-7000-8000-000000000100', '', now());
INSERT INTO messaging.notification_settings VALUES ('00000000-0000-7000-8000-000000000001', true, true, false, '22:00', '07:00');
INSERT INTO messaging.conversation_settings VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000500', true, 'all');
INSERT INTO messaging.blocks VALUES ('00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', true, now());
INSERT INTO messaging.registrations VALUES ('00000000-0000-7000-8000-000000000200', '00000000-0000-7000-8000-000000000002', true, now());
