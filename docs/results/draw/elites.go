package main

const elitesName = "elites"
