-- Temporary credentials carry all that the identity pool needs to know of them, so none is stored.

DROP TABLE temporary_credentials;
