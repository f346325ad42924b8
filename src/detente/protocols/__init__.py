"""What is said: one folder per protocol, each with the same four files. Siblings never import each other.

``entries`` are the bodies, ``rules`` what may be done (the same for us and for them), ``state`` what the
counted entries amount to, ``view`` what a page or a program is shown, as plain data.
"""
