// Forgets one type of elements, between two instances of a template: see elements.h.
#undef NAME
#undef ELEMENT
#undef UNSIGNED
#undef WIDTH
#undef LOWEST
#undef HIGHEST
