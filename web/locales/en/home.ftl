home-room = Home
home-morning = Good morning, { $name }
home-afternoon = Good afternoon, { $name }
home-evening = Good evening, { $name }
home-needs-none = Nothing needs you
home-needs-none-why = All messages are answered and all papers were taken.
home-open-record = Open the record
home-next = Next visit
home-next-open = See the visit
home-fresh = Newest in the record
home-fresh-none = Nothing new yet. We show it here as it comes.
home-looks-why = See each look, by whom and why.
people-room = Whose record?
people-title = Whose record?
people-none = You have no record open yet
people-none-why = Start with an empty one, or bring one in from a file.
people-add = Add a person
add-person-title = Add a person
add-person-lead = For your child, for someone you care for, or for you.
add-person-empty = Open an empty record
add-person-open = Open the record
add-person-file = Bring in a file
add-person-file-why = Did a clinic give you a file of the record? It makes the whole record at once.
person-name = Full name
person-label = Short name, shown in page titles
person-birth-date = Birth date
person-birth-date-hint = Month, day, year, like 3 3 2020
person-birth-date-wrong = Enter the birth date as month, day, year, like 3 3 2020.
person-address = Address
person-phone = Phone
person-name-wrong = Enter the name.
home-needs = { $count ->
    [0] Needs you
   *[other] Needs you ({ $count })
}
person-needs = { $count ->
    [one] 1 needs you
   *[other] { $count } need you
}
age-years = { $years ->
    [0] under 1 year
    [one] 1 year
   *[other] { $years } years
}
born = born { $when }
person-given-name = First name
person-family-name = Last name
person-preferred-name = Name to be called by
person-email = E-mail
person-relation = Whose record is it?
person-relation-child = My child’s
person-relation-me = My own
person-relation-wrong = Pick whose record it is.
person-text-long = This is too long.
import-file-wrong = Pick a file that ends in .json.
who-unknown = someone whose name is not shared
home-look-last = Last by someone else: { $name }, { $when }
home-look-none = No one else has looked lately
patient-unnamed = A patient
welcome-room = Welcome
welcome-title = What should we call you?
welcome-lead = Your care team and the people you share with see this name.
welcome-skip = Not now
