DROP TABLE messaging.conversation_settings;
DROP TABLE messaging.notification_settings;
DELETE FROM messaging.notifications WHERE kind = 'reaction';
DROP INDEX messaging.notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON messaging.notifications (user_id, actor_id, kind, subject_id)
    WHERE kind IN ('post_like', 'comment_like', 'registration');
ALTER TABLE messaging.notifications DROP COLUMN conversation_name, DROP COLUMN message_id, DROP COLUMN conversation_id;
