package api

func (a *API) documentRoutes() {}
