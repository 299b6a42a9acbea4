record-room = Record
record-title = { $name }’s record
record-details = Name, address, phone
record-import = Bring in a file
record-empty = Nothing in this record yet
record-empty-why = Bring in a file from a clinic, or ask your practice to send it.
record-sources = Where it comes from
record-source-count = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}
group-therapy = Therapy
group-health = Health
group-care = Care and cost
group-protected = Specially protected
room-empty = None yet
room-empty-why = It shows up here when a practice sends it. You can also add a paper.
room-found-none = Nothing found for “{ $words }”
room-all = Show all
room-newest = newest { $when }
room-none = none yet
badge-read = read { $when }
badge-demo = made up, for demonstration
badge-late = late since { $when }
badge-silent = no answer since { $when }
badge-by-hand = typed by { $name }
badge-shared = shared: { $count }
badge-care-team = only care team
badge-withdrawn = taken back
item-plain = In plain words
item-own-text = The therapist’s own words
item-own-text-by = Written by { $author }
item-history = What changed
item-version = Version { $number }
item-now = now
item-as-of-open = See it as it was on a day
item-as-of-day = Day
item-as-of-do = Show that day
item-as-of-shown = You see it as it was on { $when }.
item-as-of-now = Show it as it is now
item-as-of-wrong = Enter a day that is not after today.
item-withdrawn = Its source took this back.
item-provenance = Where it comes from
item-seers = Who can see this
item-seers-none = Only you.
item-ask-title = Is something wrong here?
item-ask-why = Ask the people who wrote it. They see which entry you mean.
item-ask = Ask about this
from-source = From
from-when = Came in
from-how = How
from-author = Written by
change-first = First came here
change-value = Changed from { $old } to { $new }
import-title = Bring in a file
import-lead = A clinic can give you the record as a file. It may be called a FHIR bundle.
import-file = The file
import-file-hint = It ends in .json, up to { $size }
import-do = Bring it in
import-safe = All of it comes in, or none. Doing it twice changes nothing.
import-trouble = We could not read this file. Nothing was changed.
import-trouble-place = Where:
imported-nothing = It was all here already
imported-table = What came in, by kind
imported-kind = Kind
imported-added = New
imported-changed = Changed
imported-unchanged = Same as before
details-lead = Is something out of date? Change it here. The old value stays in the history.
details-conflict = Someone changed this while you typed. Yours is kept below. Pick the right one and save again.
imported-title = { $added } new, { $changed } changed
imported-same = { $unchanged ->
    [0] All of the file is in the record now.
    [one] 1 entry was here already and stays as it is.
   *[other] { $unchanged } entries were here already and stay as they are.
}
change-text = Changed
retract-open = Is it here by mistake?
retract-why = It stays in the record, struck through, with your reason.
retract-reason = Why is it a mistake?
retract-reason-wrong = Say in a few words why.
retract-do = Mark as a mistake
import-not-fhir = This file is not one that we can read.
import-broken-link = One entry points to another that is not in the file.
import-other-person = This file is about someone else.
import-large = This file is too large.
import-codes = Some entries say what they are only by codes from lists that we do not know.
import-codes-trouble = We do not know some of the codes in this file. Nothing was changed.
import-codes-anyway = You can bring it in all the same
import-codes-shown = Those codes are then shown as the source wrote them. All the rest comes in as usual.
import-codes-again = The same file, once more
import-codes-do = Bring it in anyway
imported-unknown = We could not find everyone whom this file names
imported-unknown-people = { $count ->
    [one] 1 person who gave care
   *[other] { $count } people who gave care
}
imported-unknown-clinics = { $count ->
    [one] 1 clinic
   *[other] { $count } clinics
}
imported-unknown-places = { $count ->
    [one] 1 place of care
   *[other] { $count } places of care
}
imported-unknown-others = { $count ->
    [one] 1 other entry
   *[other] { $count } other entries
}
imported-unknown-why = They are shown as the file names them. If your network adds them to its list, they are found from here.
imported-before = This very file came in before: { $when }.
list-first = The first { $count } were searched. There are more.
import-several-people = This file is about more than one person.
from-brought = Brought in by
