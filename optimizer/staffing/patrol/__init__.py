"""The year's patrol: which places are inspected in which week by which pair, on which round.

Given a year of working days d, each in a week; towns, each with a station and pairs (a safety officer and a fire
patroller) that patrol on some of those days; places with a class, a risk and a position; and what bodies owe them.

    (P1) chosen are `coverage` of the places of each class, shared over risks by number x weight and by largest
         remainder, never more than there are; within a risk those that were not visited for longest come first
    (P2) a due is what one body owes one place within a window of days. Dues of one place whose windows share a day
         become one visit, the fewest visits that there can be; its window is what the windows share, its time on
         site the longest of them and `FURTHER` of each other, and it satisfies every body of its dues
    (P3) a visit is made once, on a day of its window
    (P4) a round leaves the station, makes its visits and comes back; travel and time on site are within the day's
         working time
    (P5) a pair makes one round at most on a day, and only on its days of patrol
    (P6) visits for which no day has room are left out, by least price (that of a risk: RISK_WEIGHT), and named
    (P7) least: the price of visits left out, then seconds of travel
    (P8) spreading: rounds go on as few days of pairs, evenly over the year, as will do, so that no part of the year is
         empty and some days of every month are left for what slips. Of the rounds found, which cost the same on other
         days, the sum over weeks of (rounds of the week)^2 is least, then the sum of risk weight x day (both exact, a
         flow); pairs take turns
    (P9) slipping: what was to be done before `today` and was not, goes into the rounds to come. A window that ended
         is prolonged to `today + grace` and the visit reported as late; a visit that changes its day costs CHANGE_S
         of travel, so that few do (see `replan`)
    (P10) each grid is patrolled once in every week by its one person, on a fixed weekday; nobody's grids differ by
         more than one between days
    (P11) each village has a night patrol in every week on one fixed evening: 7 or 8 people, of whom 1 or 2 lead;
         each grid has somebody who walks it; turns differ by one at most among leaders, and among the others
    (P12) each hazard point has one responsible person of its town, nobody more than his even share, with the least
         travel (exact, a flow)

`rounds` solves P3 to P8 by ruin and recreate and proves nothing about P7: no bound is given. Coefficients without
another source are assumed. `optimizer.staffing.check_patrol` looks at every rule from the result alone.
"""
