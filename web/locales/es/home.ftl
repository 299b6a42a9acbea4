home-room = Inicio
home-morning = Buenos días, { $name }
home-afternoon = Buenas tardes, { $name }
home-evening = Buenas noches, { $name }
home-needs-none = No hay nada pendiente
home-needs-none-why = Todos los mensajes tienen respuesta y todos los papeles fueron recibidos.
home-open-record = Abrir el historial
home-next = Próxima visita
home-next-open = Ver la visita
home-fresh = Lo más nuevo del historial
home-fresh-none = Todavía no hay nada nuevo. Aquí lo verá cuando llegue.
home-looks-why = Vea cada consulta, quién la hizo y por qué.
people-room = ¿De quién?
people-title = ¿De quién es el historial?
people-none = Todavía no tiene ningún historial
people-none-why = Empiece con uno vacío o traiga uno desde un archivo.
people-add = Agregar a una persona
add-person-title = Agregar a una persona
add-person-lead = Para su hijo o hija, para alguien a quien cuida, o para usted.
add-person-empty = Abrir un historial vacío
add-person-open = Abrir el historial
add-person-file = Traer un archivo
add-person-file-why = ¿Una clínica le dio un archivo del historial? Con él se crea el historial completo.
person-name = Nombre completo
person-label = Nombre corto, para los títulos de las páginas
person-birth-date = Fecha de nacimiento
person-birth-date-hint = Mes, día, año; por ejemplo 3 3 2020
person-birth-date-wrong = Escriba la fecha: mes, día, año; por ejemplo 3 3 2020.
person-address = Dirección
person-phone = Teléfono
person-name-wrong = Escriba el nombre.
home-needs = { $count ->
    [0] Pendiente
   *[other] Pendiente ({ $count })
}
person-needs = { $count ->
    [one] 1 pendiente
   *[other] { $count } pendientes
}
age-years = { $years ->
    [0] menos de 1 año
    [one] 1 año
   *[other] { $years } años
}
born = fecha de nacimiento: { $when }
person-given-name = Nombre
person-family-name = Apellidos
person-preferred-name = Cómo quiere que le llamen
person-email = Correo electrónico
person-relation = ¿De quién es el historial?
person-relation-child = De mi hijo o hija
person-relation-me = Mío
person-relation-wrong = Elija de quién es el historial.
person-text-long = Es demasiado largo.
import-file-wrong = Elija un archivo que termine en .json.
who-unknown = alguien cuyo nombre no se comparte
home-look-last = La última vez, otra persona: { $name }, { $when }
home-look-none = Nadie más ha mirado últimamente
patient-unnamed = Un paciente
welcome-room = Bienvenida
welcome-title = ¿Cómo le llamamos?
welcome-lead = Su equipo de atención y las personas con quienes comparte ven este nombre.
welcome-skip = Ahora no
