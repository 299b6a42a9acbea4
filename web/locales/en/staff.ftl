work-room = Work
work-title = Your patients
work-none = No patients yet
work-none-why = A family shows up here when it shares with you.
work-all = All
work-changed = Changed
work-owed = Waits for you
work-unchanged = No change since { $when }
work-shared-until = shared until { $when }
office-room = Search
office-title = Find in the history
office-lead = By patient, person, time or kind. Your search is recorded, too.
office-kinds = Kinds
office-found-none = Try a longer time, or fewer fields.
office-more = Show the next 50
office-when = When
office-who = Who
office-did = Did what
office-patient = Patient
office-by = By what right
office-number = Entry
office-actor = Person or program
office-from = From day
office-to = To day
office-day-wrong = Enter days so that the first is not after the last.
office-health = Is the log whole?
office-sound = Whole: no entry is missing, none was altered.
office-unsound = Not whole. Keep this page and call the operator, day or night.
office-checked = Checked { $when }
office-service = Service
office-events = Entries
office-holes = Missing
office-altered = Altered
office-state = State
office-whole = whole
office-broken = not whole
me-room = Settings
me-title = Settings
me-language = Language
me-size = Size of text and buttons
me-size-usual = Usual
me-size-large = Large
me-size-large-hint = Larger words, and buttons that are easier to hit
me-sessions = Where you are signed in
me-since = since { $when }
me-this = this one
me-everywhere = Sign out everywhere
me-everywhere-why = Lost a phone? This ends all of them, this one too.
me-saved = Saved
work-new = { $count ->
    [one] 1 new since { $when }
   *[other] { $count } new since { $when }
}
office-found = { $count ->
    [0] Nothing found
    [one] 1 entry
   *[other] { $count } entries
}
me-name = Your name
me-end = Sign out there
me-ended = Signed out there
work-newest = newest entry { $when }
work-nothing-yet = nothing in it yet
office-patient-number = Record
office-patient-hint = Its number, as the list below shows it
office-actor-hint = Part of the name of somebody who works at a practice, or the number of an account
office-actor-none = No one with this name works at a practice.
office-actor-many = More than one person has this name. Type more of it.
office-number-wrong = This is not the number of a record.
office-unbounded = Fill in at least one: record, person, or first day.
office-no-fault = No entry is missing and none was found altered so far.
office-unchecked = It was not checked entry by entry yet.
office-verify = Check every entry now
office-verify-why = It takes some seconds. A longer check goes on by itself.
office-behind = behind
office-no-patient = –
work-unnamed = A patient who shares { $rooms } with you
