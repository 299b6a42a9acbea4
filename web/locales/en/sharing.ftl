sharing-room = Sharing
sharing-title = Who can see what
sharing-new = Share
sharing-none = Only your care team
sharing-none-why = You have not shared with anyone else.
sharing-ended = Ended
grant-what = What
grant-until = Until
grant-for = What for
grant-may = They may
grant-from = Since
grant-last-look = Last look
grant-no-look = not yet
grant-open = Details
grant-about = About this sharing
grant-stop = Stop
grant-now = can see now
grant-soon = ends soon
grant-ended = ended
stop-title = Stop sharing with { $name }?
stop-lead = It ends at once.
stop-what = They will no longer see:
stop-saved-none = They saved no copies.
stop-now = Stop now
stop-keep = Keep
share-step = Step { $number } of 5
share-steps = Steps
share-who = Who
share-what = What
share-why = Why
share-until = How long
share-check = Check
share-who-title = Who do you want to share with?
share-what-title = What may they see?
share-why-title = What for, and what may they do?
share-until-title = For how long?
share-check-title = Check before you share
share-check-note = You can stop at any time. What they saved before that, we cannot take back.
share-agree = Share now
share-who-wrong = Pick one person or practice.
share-what-wrong = Pick at least one kind.
share-until-wrong = Pick a day after today.
share-kinds = Kinds
share-may = They may
share-for = What for
share-until-date = Until this day
share-until-date-hint = It ends at the end of that day.
until-month = 1 month
until-half-year = 6 months
until-year = 1 year
until-date = Until a day I choose
sharing-lead = { $count ->
    [0] No one but your care team can see something now.
    [one] 1 can see something now.
   *[other] { $count } can see something now.
}
stop-saved = { $count ->
    [one] They saved 1 paper. We cannot take it back:
   *[other] They saved { $count } papers. We cannot take those back:
}
sharing-now = Shared now
