/* Small records made here, so that tests say what they read. */
#ifndef GIMLET_TESTS_DATA_SAMPLES_H
#define GIMLET_TESTS_DATA_SAMPLES_H

/* A version 9 record of two rows; the parts that tests replace stand between them. */
#define SAMPLE_HEAD                                                                                                    \
    "*** General Infos ***\t\t\t\t\n"                                                                                  \
    "Version\tDate\tSample Rate (Hz)\tDrilling Cycle ID\tDecimal Separator separator\n"                                \
    "9\t2024-05-30:04:31:01\t100\t3287891394\tComma\n"                                                                 \
    "\t\t\t\t\n"                                                                                                       \
    "*** Motor Datas ***\t\t\n"                                                                                        \
    "Motor Name\tMotor SN\tMotor M2 Ratio\n"                                                                           \
    "M_EDU\t0\t 21,923\n"                                                                                              \
    "\t\t\n"                                                                                                           \
    "*** Head Datas ***\t\t\t\n"                                                                                       \
    "Head Name\tHead TAG UID\tHead Global Counter\tHead Local Counter 1\n"                                             \
    "114-V3\tE004\t1874\t7\n"                                                                                          \
    "\t\t\t\n"
#define SAMPLE_PROGRAM                                                                                                 \
    "*** Program ***\t\t\t\t\t\n"                                                                                      \
    "Step Nb\tStep On/Off\tStroke (mm)\tRPM\tFeed (mm/tr)\tTorque Max (A)\n"                                           \
    "0,000\t0,000\t0,000\t0,000\tInf\t0,000\n"                                                                         \
    "1,000\t1,000\t50,000\t1500,000\t0,040\t3,000\n"                                                                   \
    "\t\t\t\t\t\n"
#define SAMPLE_COLUMNS                                                                                                 \
    "Position (mm)\tI Torque (A)\tI Thrust (A)\tI Torque Empty (A)\tI Thrust Empty (A)\tStep (nb)\tStop code\t"        \
    "Torque Power (W)\tGap Length (mm)\n"
#define SAMPLE_ROWS                                                                                                    \
    "-0,551\t0,049\t-0,012\t5,029\t0,141\t1,000\t0,000\t106,000\t0,000\n"                                              \
    "-0,563\t2,930\t0,250\t5,029\t0,141\t1,000\t1,000\t107,000\t0,000\n"
#define SAMPLE_TITLE  "*** Datas ***\t\t\t\t\t\t\t\t\n"
#define SAMPLE_RECORD SAMPLE_HEAD SAMPLE_PROGRAM SAMPLE_TITLE SAMPLE_COLUMNS SAMPLE_ROWS

#endif
