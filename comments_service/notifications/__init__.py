"""Who is told what of comments: found behind the commit, gathered, and worded when the e-mail leaves.

`comments` says in each changed row what nobody was told yet (`untold`). How an e-mail travels is `mail`.
"""
