//! Tests over the whole system: the rules of its architecture, and what only all parts together can show.
