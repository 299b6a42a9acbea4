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
