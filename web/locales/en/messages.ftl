messages-room = Messages
messages-title = Messages
messages-new = New message
messages-none = No messages yet
messages-none-why = Write to your care team. They answer here.
messages-urgent = Urgent? Do not write. Call 911.
thread-earlier = Show earlier messages
thread-messages = Messages, oldest first
thread-closed = This talk is closed. Start a new one.
thread-owed = { $name } answers by { $when }
thread-seen = seen { $when }
message-to = To
message-subject = About
message-text = Your message
message-text-wrong = Write your message.
message-to-wrong = Pick who should get it.
message-send = Send
message-send-about = Send about { $label }
message-add-paper = Add a paper
messages-unread = { $count ->
    [one] 1 new
   *[other] { $count } new
}
threads-earlier = Show earlier ones
thread-is-closed = Closed
thread-waits-for-team = The care team’s turn to answer
thread-team-wrote-last = The care team wrote last
thread-family-waits = The family waits for an answer
thread-waits-for-family = The family’s turn to answer
thread-close = Close this talk
thread-full = This talk is full. Start a new one.
message-to-none = No practice can read messages yet. Share “Messages” with one first.
message-subject-wrong = Say in a few words what it is about.
message-text-long = This is too long. Shorten it, or send it as a paper.
message-papers-many = At most 10 papers go with a message.
message-paper = A paper
message-entry = An entry of the record
