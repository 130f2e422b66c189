.RECIPEPREFIX = >
all: plain static address thread
FLAGS = -Wall -I/usr/include/stb -pthread
plain: codec.c
> gcc $(FLAGS) -O2 -o $@ $< -lm
static: codec.c
> gcc $(FLAGS) -O2 -flto -static -o $@ $< -lm
address: codec.c
> gcc $(FLAGS) -O1 -g -fsanitize=address,undefined -o $@ $< -lm
thread: codec.c
> gcc $(FLAGS) -O1 -g -fsanitize=thread -o $@ $< -lm
