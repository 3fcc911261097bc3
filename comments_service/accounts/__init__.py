"""Accounts: who somebody is, and every method to show it. How long that lasts, `sessions` decides.

    names               whose name is whose: guests cannot wear an account's
    tokens              what works once: links in e-mails, steps between two pages; a schema each
    login               the last step of every sign-in: TOTP where it is set up, then the session
    sign_in_methods     which ones an account has, and the last one that must stay
    passwords           signing in with one, changing it
    new_accounts        what one is asked for who has none, and its row
    asked_emails        what a visitor lets send to an address: how many, and the link in it
    registration        signing up, and confirming the address
    password_reset      a new password by an e-mail's link
    magic_link          the e-mail that signs in, by its link or its six digits
    providers           signing in with GitHub, Google, GitLab or any OpenID provider
    oauth_client        what is said to a provider, and what of its answers is believed
    passkeys            keys that stay in one's devices
    webauthn_adapter    WebAuthn's own part of passkeys, done by its library
    totp                an app's six digits beside a password or an e-mail, and recovery codes
    handoff             signing in at a page of another site, through a window here
    security_mail       e-mails that tell somebody that his sign-in methods have changed
    profile             what an account says of itself, and its public page
    email_change        another address, once an e-mail to it is answered
    export              everything that is known of an account, for its owner
    roles               the owner, and who else decides

What a guest types about himself never reads or writes a row of these. How an account goes, and what
becomes of its comments, is in `account_deletion`.
"""
