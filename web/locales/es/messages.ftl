messages-room = Mensajes
messages-title = Mensajes
messages-new = Nuevo mensaje
messages-none = Todavía no hay mensajes
messages-none-why = Escriba a su equipo de atención. Le responden aquí.
messages-urgent = ¿Es urgente? No escriba. Llame al 911.
thread-earlier = Ver mensajes anteriores
thread-messages = Mensajes, del más antiguo al más nuevo
thread-closed = Esta conversación está cerrada. Empiece otra.
thread-owed = { $name } responde antes de { $when }
thread-seen = visto { $when }
message-to = Para
message-subject = Asunto
message-text = Su mensaje
message-text-wrong = Escriba su mensaje.
message-to-wrong = Elija a quién va.
message-send = Enviar
message-send-about = Enviar sobre { $label }
message-add-paper = Agregar un papel
messages-unread = { $count ->
    [one] 1 nuevo
   *[other] { $count } nuevos
}
