"""Accounts: who somebody is, and every way to show it. How long that lasts is decided in `sessions`.

    names       whose name is whose: guests cannot wear an account's
    passwords   signing in with one, changing it
    letters     what one proves by reading one's mail: signing up, a new password
    links       the letter that signs in, by its link or its six digits
    ways        which ways in an account has, and the last one that must stay
    providers   signing in with GitHub, Google, GitLab or any OpenID provider; `wire` speaks to them
    tokens      what works once: links in letters, steps between two pages
    handoff     signing in at a page of another site, through a window here
    entrance    the last step of every way in: a second factor where there is one, then the session
    passkeys    keys that stay in one's devices; `ceremony` is WebAuthn's own part
    second      the app's six digits beside a password or a letter, and recovery codes
    notices     letters that tell somebody that the way into the account has changed
    profile     what an account says of itself, and its public page
    addresses   another mail address, once a letter to it is answered
    data        everything that is known of an account, for its owner
    roles       the owner, and who else decides

What a guest types about himself never reads or writes a row of these.
"""
