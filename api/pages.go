package api

func (a *API) pageRoutes() {}
