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
threads-earlier = Ver anteriores
thread-is-closed = Cerrada
thread-waits-for-team = Le toca responder al equipo de atención
thread-team-wrote-last = El equipo de atención escribió al último
thread-family-waits = La familia espera una respuesta
thread-waits-for-family = Le toca responder a la familia
thread-close = Cerrar esta conversación
thread-full = Esta conversación está llena. Empiece otra.
message-to-none = Ningún consultorio puede leer mensajes todavía. Primero comparta “Mensajes” con uno.
message-subject-wrong = Diga en pocas palabras de qué se trata.
message-text-long = Es demasiado largo. Acórtelo o mándelo como papel.
message-papers-many = Con un mensaje van 10 papeles como máximo.
message-paper = Un papel
message-entry = Un dato del historial
