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
sharing-given = Shared
sharing-stopped = Stopped. They can no longer see it.
grant-later = begins later
grant-stopped = Stopped
grant-open-ended = until you stop it
grant-no-look-lately = none among the last 1,000 looks
seer-until = shared until { $when }
rooms-all = everything
rooms-all-ordinary = everything but what is specially protected
rooms-some = this record
rooms-more = { $rooms } and { $count } more
stop-saved-before = What they saved long ago is not in this list.
stop-seen = What they read, wrote down or saved, we cannot take back.
share-may-wrong = Pick at least one thing they may do.
share-for-wrong = Pick at least one reason.
share-find = Find a person, practice, school or insurer
share-find-hint = Type part of a name, then press “Next”.
share-found-none = No one found. Try another part of the name.
share-its-therapist = its therapists
share-its-supervisor = its supervisors
share-its-front-desk = its front desk: name, visits, insurance, messages only
share-its-billing = its billing: name, visits, insurance and bills only
share-its-school-coordinator = its coordinators: nothing of insurance or bills
share-its-payer-reviewer = its reviewers: only for payment
share-to-holder = This person holds the record and sees all of it already.
share-beyond-role = They cannot see this kind, whatever you share. Choose somebody else.
share-too-many = You share with too many at once. Stop some first.
seer-until-stopped = shared until it is stopped
never-room = Never shared
never-title = What should never be shared?
never-check-title = Check before you mark it
never-lead = It stays with you, whatever else you share, now or later.
never-none = Nothing is marked.
never-mark = Mark as never shared
never-thing-none = Not marked.
never-what = What
never-from = Not with
never-why = Why
never-why-hint = Only you and others who hold this record read it.
never-everybody = anyone else
never-everybody-hint = Only you and others who hold this record see it.
never-teams-apart = Its teams stand in this list by themselves.
never-author = everything that { $name } wrote here
never-whole-room = all of: { $room }
never-conversation = a conversation
never-what-wrong = Pick what should never be shared.
never-agree = Mark as never shared
never-marked = Marked. It is shared with no one it is kept from.
never-already = This is marked already.
never-too-many = You have marked too many things. Take some marks away first.
never-from-holder = This person holds the record and sees all of it.
never-lift = Take the mark away
never-lift-title = Take the mark away?
never-lift-lead = After that, those you share with can see it again.
never-lift-do = Take it away
never-keep = Keep the mark
never-lifted = The mark is gone. What you share is shared again.
rehearsal-title = What this would change
rehearsal-before = If you had done it before
rehearsal-stopped = { $count ->
    [0] No past look would have been stopped.
    [one] 1 past look would have been stopped or shown less:
   *[other] { $count } past looks would have been stopped or shown less:
}
rehearsal-allowed = { $count ->
    [0] No past try would have been let in.
    [one] 1 past try would have been let in or shown more:
   *[other] { $count } past tries would have been let in or shown more:
}
rehearsal-look = { $name }, { $when }: { $what }
rehearsal-things = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}
rehearsal-not-whole = Only the newest looks were checked.
rehearsal-from-now = From now on
rehearsal-nobody = No one sees more or less.
rehearsal-gains = { $name } can do more in: { $rooms }
rehearsal-loses = { $name } can do less in: { $rooms }
rehearsal-less = { $name } no longer sees what is marked.
rehearsal-more = { $name } sees again what was marked.
rehearsal-away = We cannot check this right now. You can go on all the same.
grant-part = Only a part
part-share-title = Share only this
part-share-why = Whoever you pick sees this and nothing else of this kind.
part-share = Share only this
part-only = They see only
part-author-in = what { $name } wrote in: { $room }, as long as no one else changes it
part-only-wrong = Pick what they may see.
part-read-only = A part can be seen and saved. To write, they need all of that kind.
part-one-thing = Name and address are one thing. Share them by themselves, without days.
part-span-open = Only from some days
part-span-hint = May stay empty.
part-span-wrong = Pick a last day that is not before the first.
span_from = From this day
span_until = Up to this day
part-things = { $more ->
    [0] only: { $things }
    *[other] only: { $things } and { $more } more
}
part-authors = only what { $names } wrote and no one else changed
part-from = only from { $from } on
part-until = only up to { $until }
part-span = only from { $from } to { $until }
part-of-rooms = a part of { $rooms }
share-own-grant = This is specially protected. Share it by itself, without anything else.
share-own-grant-hint = Specially protected: shared by itself
notice-part-2 = Records of substance use treatment, protected by federal law. 42 CFR part 2 prohibits unauthorized use or disclosure of these records.
notice-consent = The consent: { $may }; for { $aims }; until { $until }. Nothing beyond it is permitted.
grant-change = Change
grant-changed = Changed
grant-before = Before the change
part-whole = all of what I pick
sharing-changed = Changed
share-change-title = Check before you change it
share-change-agree = Change now
share-changed-meanwhile = This was changed or stopped meanwhile. Go back to Sharing and look at it again.
grant-visits = Visits
grant-visits-used = { $used } of { $max } used, last { $when }
grant-visits-none = none of { $max } used
grant-used-up = all visits used
share-uses = How often?
share-uses-any = As often as they want
share-uses-number = { $count ->
    [one] 1 visit of an hour
   *[other] { $count } visits of an hour each
}
