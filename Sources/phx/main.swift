print("phx")
