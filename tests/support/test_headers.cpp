// Exists for its precompiled headers only (tests/CMakeLists.txt).
int main() {}
