# So that `flask comments …` needs no --app. Your own settings belong in .env, which is not committed.
FLASK_APP=comments_service
