"""A person told in time: notices with a bell, mails out, mails in.

Owns Notice, Mail (the outbox), the mail accounts and IncomingMail. Rooms above tell with `notify`
and `resolve`, or let `watch` ask them for their troubles (TROUBLE_SOURCES); they send with
`enqueue_mail`, and receive through MAIL_READERS. Nobody waits for a mail server: workers talk.
"""
