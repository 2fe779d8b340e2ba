-- Nobody is told by notices and mails any more, and what they chose is forgotten.

DROP TABLE former_email;
DROP TABLE notification;
DROP TABLE notification_mail;
DROP TABLE notification_box;
DROP TABLE notification_choice;
DROP TABLE notification_preference;
